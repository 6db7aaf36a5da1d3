import { type Stage, type StageName, stageNames, type Verdict } from '../lib/protocol/http-api.ts'
import { renderProgress, renderStage } from './render/stages.ts'
import { cut } from './render/cut.ts'
import { duration } from './render/time.ts'
import { isRefused, renderVerdict } from './render/verdict.ts'
import type { Terminal } from './terminal.ts'

/** Where a test is shown. */
export interface Screen {
  terminal: Pick<Terminal, 'live' | 'columns'>
  /** Lines that the screen holds; undefined where there is no screen. */
  rows: number | undefined
  write(text: string): void
  /** A line that is said besides. */
  note(line: string): void
}

/** A test that a person watches. */
export interface StageView {
  /** A test begins, also one after one that failed. */
  begin(): void
  onStage(stage: Stage): void
  /** A test failed and another one follows: what is waited for, and for how many milliseconds at most. */
  waits(what: string, leftMs: number): void
  /** The last test has ended: everything that there is to say about it; where it was a good one, also how to keep the address. */
  end(verdict: Verdict, offersToKeep: boolean): void
}

/**
 * Shows a test as it runs: on a terminal a block that is drawn anew until the result takes its place, otherwise each stage once it and those before
 * it have ended. With `repeated` only the last test is told in full.
 */
export function createStageView(screen: Screen, { repeated }: { repeated: boolean }): StageView {
  const { terminal, rows } = screen
  // A block that is taller than the screen cannot be drawn anew: its top has scrolled away.
  const fits = rows !== undefined && rows > stageNames.length + 3
  return terminal.live && fits ? liveView(screen) : plainView(screen, repeated)
}

function liveView({ terminal: { columns }, write }: Screen): StageView {
  let ended = new Map<StageName, Stage>()
  let waiting: string[] = []
  let drawn = 0

  function draw(lines: readonly string[]): void {
    write(`${drawn === 0 ? '' : `\u001b[${drawn}A\u001b[J`}${lines.map((line) => `${line}\n`).join('')}`)
    drawn = lines.length
  }

  const redraw = (): void => draw([...renderProgress(ended, columns), ...waiting])
  return {
    begin() {
      ended = new Map()
      redraw()
    },
    onStage(stage) {
      ended.set(stage.stage, stage)
      redraw()
    },
    waits(what, leftMs) {
      waiting = ['', cut(waitLine(what, leftMs), columns)]
      redraw()
    },
    end: (verdict, offersToKeep) => draw(told(verdict, { from: 0, columns, offersToKeep })),
  }
}

function plainView({ write, note }: Screen, repeated: boolean): StageView {
  const ended = new Map<StageName, Stage>()
  let next = 0
  let waited = ''
  const print = (lines: readonly string[]): void => write(lines.map((line) => `${line}\n`).join(''))
  return {
    begin() {},
    onStage(stage) {
      if (repeated) return
      ended.set(stage.stage, stage)
      for (let found = stageAt(next, ended); found !== undefined; found = stageAt(next, ended)) {
        print(renderStage(found, Infinity))
        next += 1
      }
    },
    waits(what, leftMs) {
      if (what !== waited) note(waitLine(what, leftMs))
      waited = what
    },
    // The verdict holds all of them in order.
    end: (verdict, offersToKeep) => print(told(verdict, { from: next, columns: Infinity, offersToKeep })),
  }
}

function waitLine(what: string, leftMs: number): string {
  return `Waits for ${what}, ${duration(leftMs / 1000)} more.`
}

function stageAt(index: number, ended: ReadonlyMap<StageName, Stage>): Stage | undefined {
  const name = stageNames[index]
  return name === undefined ? undefined : ended.get(name)
}

/** The stages from one on, then the verdict. */
function told(verdict: Verdict, show: { from: number; columns: number; offersToKeep: boolean }): string[] {
  const stages = isRefused(verdict) ? [] : verdict.stages.slice(show.from)
  return [...stages.flatMap((stage) => renderStage(stage, show.columns)), ...renderVerdict(verdict, show)]
}
