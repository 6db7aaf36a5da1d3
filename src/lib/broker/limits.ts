import type { Clock } from '../system/clock.ts'

/** So many in so long. */
export interface Rule {
  max: number
  windowMs: number
}

/** Counts by key (an address, a registration key) in windows of time. */
export interface Counter {
  /** Counts one: 0 where it is within the rule, else milliseconds until the window ends. */
  take(key: string): number
  /** Keys remembered now; bounded. */
  size(): number
}

/** Past this the key that was not seen for longest is forgotten: an attacker with many addresses must not fill our memory. */
const MOST = 10_000

/** A counter in memory. */
export function createCounter({ rule, clock, most = MOST }: { rule: Rule; clock: Pick<Clock, 'now'>; most?: number }): Counter {
  const seen = new Map<string, { count: number; since: number }>()
  return {
    take(key) {
      const now = clock.now()
      const known = seen.get(key)
      const entry = known !== undefined && now - known.since < rule.windowMs ? known : { count: 0, since: now }
      entry.count++
      seen.delete(key)
      seen.set(key, entry)
      for (const oldest of seen.keys()) {
        if (seen.size <= most) break
        seen.delete(oldest)
      }
      return entry.count > rule.max ? Math.max(1, entry.since + rule.windowMs - now) : 0
    },
    size: () => seen.size,
  }
}
