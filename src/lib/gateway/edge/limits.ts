import type { IngressId } from '../../protocol/http-api.ts'
import type { Clock } from '../../system/clock.ts'
import { sourceOf } from './addresses.ts'
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
  /** Counts one wrong pairing code; milliseconds for which this source is blocked for it (30 in 5 minutes), 0 where it is not. A right code is never held up. */
  wrongCode(client: string): number
  /** Counts one start of the public tunnel by a principal; milliseconds until it may be started once more where that was one too many (12 in 5 minutes), else 0. */
  tunnelStart(principal: string): number
  /** Sources remembered now; bounded. */
  size(): number
}

/** Event streams open at once, at most `maxSseConnections`. */
export interface Streams {
  /** Takes a place; null where all are taken (a device, or a user of a proxy: a tenth of them). Call what it returns when the stream ends. */
  open(principal: Principal): (() => void) | null
  count(): number
}

const MAX_SOURCES = 20_000
const CHALLENGES_A_SECOND = 50
const LANE_WAITING = 5
const LANE_MS = 1_000
const [WRONG_CODES, WRONG_CODES_MS] = [30, 5 * 60_000]
const [TUNNEL_STARTS, TUNNEL_STARTS_MS] = [12, 5 * 60_000]

/** A limiter in memory. It remembers at most `maxSources` sources that failed, as many that are blocked and as many with wrong pairing codes; beyond that the oldest are forgotten. */
export function createLimiter(given: { rule: () => FailureRule; clock: Clock; maxSources?: number }): Limiter {
  const { rule, clock, maxSources = MAX_SOURCES } = given
  const failures = new Map<string, { count: number; since: number }>()
  const blocks = new Map<string, number>()
  const challenges = new Map<IngressId, { second: number; count: number }>()
  const wrongCodes = new Map<string, { count: number; since: number }>()
  const tunnelStarts = new Map<string, { count: number; since: number }>()
  const lanes = new Map<IngressId, { waiting: number; freeAt: number }>()

  function fail(source: string): boolean {
    const { maxAttempts, windowMs, blockDurationMs } = rule()
    const now = clock.now()
    const before = failures.get(source)
    const entry = before && now - before.since < windowMs ? before : { count: 0, since: now }
    entry.count++
    if (entry.count < maxAttempts) {
      remember(failures, source, entry, maxSources)
      return false
    }
    failures.delete(source)
    remember(blocks, source, now + blockDurationMs, maxSources)
    return true
  }

  /** Counts one more; milliseconds until there is room again where that was one too many, else 0. */
  function overBy(
    counts: Map<string, { count: number; since: number }>,
    key: string,
    { most, withinMs }: { most: number; withinMs: number },
  ) {
    const now = clock.now()
    const before = counts.get(key)
    const entry = before && now - before.since < withinMs ? before : { count: 0, since: now }
    remember(counts, key, entry, maxSources)
    return ++entry.count > most ? entry.since + withinMs - now : 0
  }

  return {
    blockedFor(client) {
      if (blocks.size === 0) return 0
      const source = sourceOf(client)
      const left = (blocks.get(source) ?? 0) - clock.now()
      if (left > 0) return left
      blocks.delete(source)
      return 0
    },
    failed: (client) => fail(sourceOf(client)),
    async slowLane(ingress, signal) {
      const lane = lanes.get(ingress) ?? { waiting: 0, freeAt: 0 }
      lanes.set(ingress, lane)
      if (lane.waiting >= LANE_WAITING || signal.aborted) return false
      const now = clock.now()
      const turn = Math.max(now, lane.freeAt)
      lane.freeAt = turn + LANE_MS
      lane.waiting++
      try {
        await clock.sleep(turn - now, signal)
        return true
      } catch (error) {
        if (signal.aborted) return false
        throw error
      } finally {
        lane.waiting--
      }
    },
    challenge(ingress) {
      const second = Math.floor(clock.now() / 1000)
      const before = challenges.get(ingress)
      const entry = before?.second === second ? before : { second, count: 0 }
      challenges.set(ingress, entry)
      return ++entry.count <= CHALLENGES_A_SECOND
    },
    wrongCode: (client) => overBy(wrongCodes, sourceOf(client), { most: WRONG_CODES, withinMs: WRONG_CODES_MS }),
    tunnelStart: (principal) => overBy(tunnelStarts, principal, { most: TUNNEL_STARTS, withinMs: TUNNEL_STARTS_MS }),
    size: () => failures.size + blocks.size + wrongCodes.size,
  }
}

/** Puts an entry last; the first ones go where there are too many. */
function remember<Value>(map: Map<string, Value>, key: string, value: Value, max: number): void {
  map.delete(key)
  map.set(key, value)
  for (const oldest of map.keys()) {
    if (map.size <= max) return
    map.delete(oldest)
  }
}

/** Counts open event streams. */
export function createStreams({ max }: { max: () => number }): Streams {
  const byHolder = new Map<string, number>()
  let total = 0

  return {
    open({ id }) {
      const held = byHolder.get(id) ?? 0
      if (total >= max() || (hasShare(id) && held >= Math.max(1, Math.floor(max() / 10)))) return null
      total++
      byHolder.set(id, held + 1)
      let open = true
      return () => {
        if (!open) return
        open = false
        total--
        const left = (byHolder.get(id) ?? 1) - 1
        if (left === 0) byHolder.delete(id)
        else byHolder.set(id, left)
      }
    },
    count: () => total,
  }
}

/** The owner has all places; whoever else comes must leave some to the others. */
function hasShare(id: string): boolean {
  return id.startsWith('device:') || id.startsWith('sso:')
}
