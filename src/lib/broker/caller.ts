import type { IncomingMessage } from 'node:http'
import { sourceOf } from './client-address.ts'
import type { Counter } from './limits.ts'
import { refuse, type Refused } from './refusal.ts'

/** A wrong secret or token; after many of them, whoever sends them has to wait. */
export function slowed(req: IncomingMessage, failures: Counter, refused: Refused): Refused {
  const wait = failures.take(sourceIn(req))
  return wait === 0 ? refused : refuse('LIMITED', 'Too many wrong secrets from your address.', { retryAfter: wait / 1000 })
}

/** Who asks, for limits. Pure. */
export function sourceIn(req: IncomingMessage): string {
  const forwarded = req.headers['x-forwarded-for']
  return sourceOf(req.socket.remoteAddress, Array.isArray(forwarded) ? forwarded.join(',') : forwarded)
}
