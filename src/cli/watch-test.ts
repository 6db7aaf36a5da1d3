import type { TestOptions } from '../lib/core/xopc.ts'
import type { Verdict } from '../lib/protocol/http-api.ts'
import { waitsFor } from './render/verdict.ts'
import { createStageView, type Screen, type StageView } from './watch-stages.ts'

/** How a test is run and shown. */
export interface Watch {
  wait: boolean
  /** Whole seconds of silence. */
  idle: number | undefined
  /** Null: it is not shown. */
  screen: Screen | null
  /** Whether an address that works could be saved. */
  offersToKeep: boolean
}

const limitMs = 180_000
const pauseMs = 2000

/** Runs the staged test, shows it as it runs, and gives the verdict; with `wait` that of the first test that passes, or of the last one after 3 min. */
export async function watchTest(test: (options: TestOptions) => Promise<Verdict>, watch: Watch): Promise<Verdict> {
  const { wait, idle, screen } = watch
  const view = screen === null ? null : createStageView(screen, { repeated: wait })
  const once = async (signal?: AbortSignal): Promise<Verdict> => {
    view?.begin()
    return await test({
      ...(idle === undefined ? {} : { idle }),
      ...(view === null ? {} : { onStage: view.onStage }),
      ...(signal === undefined ? {} : { signal }),
    })
  }
  const verdict = wait ? await repeated(once, watch, view) : await once()
  view?.end(verdict, watch.offersToKeep)
  return verdict
}

async function repeated(test: (signal: AbortSignal) => Promise<Verdict>, { idle = 0 }: Watch, view: StageView | null): Promise<Verdict> {
  const [{ untilPasses }, { systemClock }] = await Promise.all([import('./until-passes.ts'), import('../lib/system/clock.ts')])
  const onFailed = (verdict: Verdict, leftMs: number): void => view?.waits(waitsFor(verdict), leftMs)
  return await untilPasses(test, { clock: systemClock, limitMs: limitMs + idle * 1000, pauseMs, onFailed })
}
