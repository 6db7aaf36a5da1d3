import type { Clock } from '../../../src/lib/system/clock.ts'

/** A clock that stands until a test moves it. */
export interface HandClock extends Clock {
  /** Moves time, waking sleepers in the order of their times, each with room for what it does next. */
  advance(ms: number): Promise<void>
  /** How many sleep now. */
  sleeping(): number
}

interface Sleeper {
  at: number
  wake(): void
}

/** Starts at a fixed time. */
export function handClock(start = Date.parse('2026-11-24T12:00:00Z')): HandClock {
  let now = start
  const sleepers = new Set<Sleeper>()
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(asError(signal.reason))
        const sleeper = { at: now + ms, wake: resolve }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', () => {
          if (sleepers.delete(sleeper)) reject(asError(signal.reason))
        })
      }),
    async advance(ms) {
      const until = now + ms
      await settle()
      for (;;) {
        const [next] = [...sleepers].filter(({ at }) => at <= until).toSorted((left, right) => left.at - right.at)
        if (next === undefined) break
        sleepers.delete(next)
        now = Math.max(now, next.at)
        next.wake()
        await settle()
      }
      now = until
    },
    sleeping: () => sleepers.size,
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}
