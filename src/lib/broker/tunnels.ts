import { type HeartbeatReply, leaseGrammar } from '../protocol/broker-api.ts'
import type { Clock } from '../system/clock.ts'
import type { Lease, LeaseBook } from './leases.ts'
import { type Outcome, refuse, type Refused } from './refusal.ts'
import { matches } from './secrets.ts'
import type { Store } from './store/sqlite.ts'

/** Another run of a gateway is told of for so long, milliseconds. */
const OTHER_RUN_MS = 10 * 60_000
/** Runs that are remembered for each lease. */
const MOST_RUNS = 4

/** Finds the lease of a tunnel whose token was shown; it may be over. The token is looked at before anything is told of the tunnel. */
export function ownLease(id: string, token: string, parts: { book: LeaseBook; store: Store }): Outcome<Lease> {
  const lease = parts.book.byId(id)
  if (lease === undefined) return ended(id, token, parts.store)
  if (matches(token, lease.tokenHash)) return { ok: lease }
  return matches(token, lease.priorTokenHash) ? gone('Another run of this gateway has taken the lease over.') : wrongToken()
}

function ended(id: string, token: string, store: Store): Refused {
  const row = store.leases.byId(id)
  if (row === null) return refuse('NOT_FOUND', 'There is no such tunnel.')
  if (!matches(token, row.tokenHash)) return wrongToken()
  if (row.state === 'released') return gone('The name was given back.')
  return refuse('REVOKED', 'The broker’s administrator revoked this tunnel, or the registration secret by which it came.')
}

function wrongToken(): Refused {
  return refuse('TOKEN_INVALID', 'That is not the token of this tunnel.')
}

function gone(error: string): Refused {
  return refuse('LEASE_GONE', error, { hint: 'Register again.' })
}

/** Notes that a gateway is there, and tells of another run of it. */
export function beat(
  lease: Lease,
  instance: string | null,
  { book, clock }: { book: LeaseBook; clock: Pick<Clock, 'now'> },
): Outcome<HeartbeatReply> {
  if (isOver(lease, clock)) return gone('The lease is over.')
  book.beat(lease)
  const { expiresAt, heartbeatAt } = lease
  const others = instance === null ? [] : noteRun(lease, instance, heartbeatAt)
  return { ok: others.length === 0 ? { expiresAt } : { expiresAt, otherInstanceAt: Math.max(...others.map(({ at }) => at)) } }
}

/** Whether no heartbeat came for so long that it is worth nothing until it is registered anew. Pure. */
export function isOver(lease: Pick<Lease, 'expiresAt'>, clock: Pick<Clock, 'now'>): boolean {
  return lease.expiresAt <= clock.now()
}

/** Which run of a gateway asks, where it says so in the form that it should have. */
export function instanceIn(header: string | string[] | undefined): string | null {
  return typeof header === 'string' && leaseGrammar.instance.test(header) ? header : null
}

/** Notes that a run of the gateway is there. Gives the others that were heard of since it came: one that was last heard of before has ended, as with every restart. */
export function noteRun(lease: Lease, instance: string, now: number): { at: number }[] {
  const since = lease.runs.find((run) => run.instance === instance)?.since ?? now
  const others = lease.runs.filter((run) => run.instance !== instance && now - run.at < OTHER_RUN_MS)
  lease.runs = [...others.slice(1 - MOST_RUNS), { instance, since, at: now }]
  return others.filter(({ at }) => at > since)
}

/** Whether a name that was given back is this tunnel's: who lost the reply may ask again. */
export function wasReleased(id: string, token: string, store: Store): boolean {
  const row = store.leases.byId(id)
  return row?.state === 'released' && matches(token, row.tokenHash)
}
