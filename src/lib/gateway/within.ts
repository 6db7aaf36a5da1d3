import type { Clock } from '../system/clock.ts'

/** Resolves when the work does, or after `ms`, whichever is first; a failure of the work is the caller's. Leaves no timer behind. */
export async function within(ms: number, work: Promise<unknown>, clock: Pick<Clock, 'sleep'>): Promise<void> {
  const done = new AbortController()
  const late = clock.sleep(ms, done.signal).catch((error: unknown) => {
    // The sleep was cancelled because the work was done in time.
    if (!done.signal.aborted) throw error
  })
  await Promise.race([work, late]).finally(() => done.abort())
}
