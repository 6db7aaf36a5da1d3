import type { IngressId } from '../../protocol/http-api.ts'
import type { Clock } from '../../system/clock.ts'
import type { Principal } from './exchange.ts'

/** `gateway.auth.rateLimit`, milliseconds. */
export interface FailureRule {
  maxAttempts: number
  windowMs: number
  blockDurationMs: number
}

/** Counts wrong credentials by source, and what else is limited without knowing who asks. `client` is `Exchange.client`; `control` is never limited. */
export interface Limiter {
  /** Milliseconds until the source may be compared with a password or a hand-chosen token again; 0 where it may now. */
  blockedFor(client: string): number
  /** Counts one wrong credential; true where this one blocked the source. */
  failed(client: string): boolean
  /** The slow lane of password sign-in, for blocked sources: resolves true when it is this one's turn (one a second), false where five wait already or the signal aborted. */
  slowLane(ingress: IngressId, signal: AbortSignal): Promise<boolean>
  /** Takes one of the 50 challenges a second of this ingress; false where they are used up. */
  challenge(ingress: IngressId): boolean
  /** Sources remembered now; bounded. */
  size(): number
}

/** Event streams open at once, at most `maxSseConnections`. */
export interface Streams {
  /** Takes a place; null where all are taken (a device: a tenth of them). Call what it returns when the stream ends. */
  open(principal: Principal): (() => void) | null
  count(): number
}

export declare function createLimiter(given: { rule: () => FailureRule; clock: Clock; maxSources?: number }): Limiter
export declare function createStreams(given: { max: () => number }): Streams
