import type { Verdict } from '../lib/protocol/http-api.ts'
import type { Clock } from '../lib/system/clock.ts'

/** How a test is repeated. */
export interface Repetition {
  clock: Pick<Clock, 'now' | 'sleep'>
  /** No longer than this, in milliseconds. */
  limitMs: number
  /** Between two tests, in milliseconds. */
  pauseMs: number
  /** Told after each test that failed, with the milliseconds that are left. */
  onFailed(verdict: Verdict, leftMs: number): void
}

/**
 * Tests until one passes, no other one can, or the time is up; gives the last verdict. An address that is refused as such is not tried again. Throws
 * what a test throws, but for the end of the time.
 */
export async function untilPasses(test: (signal: AbortSignal) => Promise<Verdict>, repetition: Repetition): Promise<Verdict> {
  const { clock, limitMs, pauseMs, onFailed } = repetition
  const giveUp = clock.now() + limitMs
  const time = AbortSignal.timeout(limitMs)
  let last: Verdict | null = null
  for (;;) {
    const verdict: Verdict | null = await inTime(test, time)
    last = verdict ?? last
    // Nothing came back in all the time: the signal's own reason says so.
    if (last === null) throw time.reason
    const left = giveUp - clock.now()
    if (verdict === null || verdict.ok || !isWorthAnother(verdict) || left <= pauseMs) return last
    onFailed(verdict, left)
    await clock.sleep(pauseMs)
  }
}

async function inTime(test: (signal: AbortSignal) => Promise<Verdict>, time: AbortSignal): Promise<Verdict | null> {
  try {
    return await test(time)
  } catch (error) {
    if (time.aborted) return null
    throw error
  }
}

function isWorthAnother({ stages }: Verdict): boolean {
  return stages.some(({ status }) => status === 'fail')
}
