import type { Clock } from '../../system/clock.ts'

/** Remembers who came by a proxy's word, so that the audit log tells of a person once an hour and not of each request. */
export interface KnownUsers {
  /** Whether this user has not come from this client within the last hour. */
  isNews(user: string, client: string): boolean
}

const HOUR_MS = 3_600_000
const MAX_KNOWN = 1_000

/** In memory, at most 1,000 pairs (the one told of first goes first). */
export function createKnownUsers({ clock }: { clock: Pick<Clock, 'now'> }): KnownUsers {
  const toldAt = new Map<string, number>()
  return {
    isNews(user, client) {
      const key = `${user} ${client}`
      const before = toldAt.get(key)
      const now = clock.now()
      if (before !== undefined && now - before < HOUR_MS) return false
      toldAt.delete(key)
      toldAt.set(key, now)
      const [oldest] = toldAt.keys()
      if (toldAt.size > MAX_KNOWN && oldest !== undefined) toldAt.delete(oldest)
      return true
    },
  }
}
