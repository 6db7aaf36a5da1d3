import { type Clock, pause } from '../system/clock.ts'
import { coreErrors } from './errors.ts'

/** How long a cancelled attempt may take to end by itself, in milliseconds. */
const GRACE_MS = 1000

/** An attempt at something, and its bound. */
export interface Bound {
  /** The method, for the message. */
  id: string
  ms: number
  clock: Clock
  /** Aborted from outside where the attempt is no longer wanted, and here where its time is over. */
  attempt: AbortController
}

/** Runs something for at most `ms` and a grace. Throws `METHOD_TIMEOUT`, the abort's reason, or what the work throws. */
export async function bounded<Result>(work: (signal: AbortSignal) => Promise<Result>, bound: Bound): Promise<Result> {
  const { attempt, clock, ms, id } = bound
  const finished = new AbortController()
  let late = false
  const timer = pause(clock, ms, finished.signal).then(() => {
    late = !finished.signal.aborted
    if (late) attempt.abort(coreErrors.METHOD_TIMEOUT({ id, seconds: Math.round(ms / 1000) }))
  })
  // Work that does not listen to its signal is left behind after a grace, so that one method can never hold up its own switching off.
  const abandoned = aborted(attempt.signal, finished.signal).then(async () => {
    await pause(clock, GRACE_MS, finished.signal)
    throw attempt.signal.reason
  })
  abandoned.catch(ignoreOnceFinished)
  try {
    return await Promise.race([work(attempt.signal), abandoned])
  } catch (error) {
    throw late ? attempt.signal.reason : error
  } finally {
    finished.abort()
    await timer
  }
}

async function aborted(...signals: AbortSignal[]): Promise<void> {
  if (signals.some((signal) => signal.aborted)) return
  await new Promise<void>((resolve) => {
    for (const signal of signals) signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function ignoreOnceFinished(): void {
  // The race above reports it where the work has not ended first; afterwards nobody waits for it.
}
