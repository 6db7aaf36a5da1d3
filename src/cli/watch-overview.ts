import { setTimeout as delay } from 'node:timers/promises'
import type { Xopc } from '../lib/core/xopc.ts'
import type { Overview } from '../lib/protocol/http-api.ts'
import { XopcError } from '../lib/errors/error.ts'
import { methodLine, renderOverview } from './render/overview.ts'
import type { Terminal } from './terminal.ts'
import { jsonText } from './render/json.ts'

/** How a watched overview is shown. */
interface Show {
  terminal: Terminal
  json: boolean
  /** Where the gateway is; null for this computer. */
  place: string | null
}

/** Cursor to the top left, and everything below it cleared. */
const clear = '\u001b[H\u001b[2J'

/** A screen says how long ago something was, so it is drawn anew this often, in milliseconds. */
const redrawMs = 10_000
/** Between two tries to reach a gateway elsewhere, in milliseconds. */
const againMs = 2000

/**
 * Shows the overview now and after every event until the gateway ends; Ctrl-C ends the process. One elsewhere is waited for where the way to it is
 * lost. Throws `GATEWAY_NOT_RUNNING`, and what no waiting mends.
 */
export async function watchOverview(xopc: Xopc, show: Show): Promise<void> {
  const view = show.json ? viewJson() : show.terminal.live ? viewScreen(show) : viewLines()
  const timer = show.terminal.live && !show.json ? setInterval(() => void drawIfPossible(xopc, view), redrawMs) : undefined
  try {
    if (show.place !== null) await watchFar(xopc, view)
    else await watchOnce(xopc, view)
  } finally {
    clearInterval(timer)
  }
  if (!show.json) process.stdout.write('The gateway has ended. Next: xopc gateway\n')
}

async function watchOnce(xopc: Xopc, view: View): Promise<void> {
  for await (const event of xopc.events(new AbortController().signal)) {
    if (event.type === 'gateway.stopping') return
    view.draw(await xopc.overview())
  }
}

/** Until Ctrl-C: a laptop is closed and opened, and a gateway elsewhere starts anew without being asked from here. */
async function watchFar(xopc: Xopc, view: View): Promise<never> {
  for (;;) {
    try {
      await watchOnce(xopc, view)
      view.lost('The gateway has ended.')
    } catch (error) {
      // What is wrong with the request itself stays wrong.
      if (!(error instanceof XopcError) || error.http < 502) throw error
      view.lost(error.message)
    }
    await delay(againMs)
  }
}

/** How it is shown. */
interface View {
  draw(overview: Overview): void
  /** Why nothing is known at the moment. */
  lost(why: string): void
}

/** A gateway that does not answer ends the events too, and that is told. */
async function drawIfPossible(xopc: Xopc, view: View): Promise<void> {
  try {
    view.draw(await xopc.overview())
  } catch (error) {
    if (!(error instanceof XopcError)) throw error
  }
}

/** Redraws where something changed; a terminal keeps no history of it. */
function viewScreen({ terminal, place }: Show): View {
  const head = place === null ? '' : `Gateway: ${place}\n`
  let last = ''
  function show(now: string): void {
    if (now !== last) process.stdout.write(`${clear}${head}${now}\n\nCtrl-C ends this.\n`)
    last = now
  }
  return {
    draw: (overview) => show(renderOverview(overview, { ...terminal, now: Date.now() }).join('\n')),
    lost: (why) => show(`${why}\nIt is tried again and again.`),
  }
}

function viewJson(): View {
  let last = ''
  function show(now: string): void {
    if (now !== last) process.stdout.write(`${now}\n`)
    last = now
  }
  return { draw: (overview) => show(jsonText(overview, 0)), lost: (why) => show(jsonText({ lost: why }, 0)) }
}

/** Without a terminal: a line for each method when it changes, with the time. */
function viewLines(): View {
  const last = new Map<string, string>()
  function show(id: string, line: string): void {
    if (last.get(id) !== line) process.stdout.write(`${new Date().toISOString()} ${line}\n`)
    last.set(id, line)
  }
  return {
    draw(overview) {
      last.delete('lost')
      for (const method of overview.methods) show(method.id, methodLine(method))
    },
    lost: (why) => show('lost', why),
  }
}
