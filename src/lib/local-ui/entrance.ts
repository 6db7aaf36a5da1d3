import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../system/clock.ts'

/** How long the code of a link is good, in milliseconds. */
export const LINK_MS = 60_000

/** Who may come in: one tab, by a code that works once. */
export interface Entrance {
  /** Goes into the link; not a secret any more once it was exchanged. */
  readonly code: string
  /** The key, for the code; null for a wrong one, the second time, and when its time is over. */
  enter(code: string): string | null
  /** Whether this is the key. */
  admits(key: string): boolean
}

/** Makes a code, and a key that nobody has before the code is exchanged. Both live in memory only and end with this process. */
export function createEntrance(clock: Pick<Clock, 'now'>): Entrance {
  const code = randomBytes(32).toString('base64url')
  const until = clock.now() + LINK_MS
  let key: string | null = null
  return {
    code,
    enter(given) {
      if (key !== null || clock.now() >= until || !isSame(given, code)) return null
      key = `xopc_uk_${randomBytes(32).toString('base64url')}`
      return key
    },
    admits: (given) => key !== null && isSame(given, key),
  }
}

/** Compares digests, which have one length and tell nothing by the time it takes. */
function isSame(given: string, secret: string): boolean {
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', secret, 'buffer'))
}
