import type { Clock } from '../system/clock.ts'
import type { LeaseRow } from './store/leases.ts'
import type { Store } from './store/sqlite.ts'

/** A lease that is held, in memory; the same object for as long as the broker runs and the name is held. */
export interface Lease extends LeaseRow {
  /** Its frpc has its name open at frps now. */
  connected: boolean
  /** Runs of its gateway that were heard of lately. */
  runs: { instance: string; since: number; at: number }[]
}

/** A lease is live for so long after a heartbeat, milliseconds. */
const LIVE_MS = 90_000
/** How long a lease lasts from a registration or heartbeat, milliseconds. */
export const LEASE_MS = 24 * 3_600_000

/** Every lease that is held. What is in it is in the file, except for the last second of heartbeats. */
export interface LeaseBook {
  byId(id: string): Lease | undefined
  /** By what its frpc shows. */
  byAuth(authHash: string): Lease | undefined
  byName(subdomain: string): Lease | undefined
  all(): Iterable<Lease>
  size(): number
  /** Takes in a lease that is in the file: a new one, or one in the place of what it was before. */
  take(row: LeaseRow): Lease
  beat(lease: Lease): void
  /** Saves what heartbeats changed; all of it at once. */
  flush(): void
  /** Gives a name back, for ever. */
  release(lease: Lease): void
  /** Takes over what another program did in the file; who is not held any more is told. */
  reload(gone: (lease: Lease) => void): void
}

/** Whether somebody uses it now. Pure. */
export function isLive(lease: Pick<Lease, 'connected' | 'heartbeatAt'>, now: number): boolean {
  return lease.connected || now - lease.heartbeatAt < LIVE_MS
}

/** The leases of a file. */
export function createLeaseBook({ store, clock }: { store: Store; clock: Pick<Clock, 'now'> }): LeaseBook {
  const byId = new Map<string, Lease>()
  const byName = new Map<string, Lease>()
  const byAuth = new Map<string, Lease>()
  const dirty = new Set<Lease>()

  function add(row: LeaseRow): Lease {
    const known = byId.get(row.id)
    if (known !== undefined) byAuth.delete(known.authHash)
    // With a new token nobody is connected yet.
    const lease = Object.assign(known ?? { runs: [] }, { connected: false }, row)
    byId.set(lease.id, lease)
    byName.set(lease.subdomain, lease)
    byAuth.set(lease.authHash, lease)
    return lease
  }

  function drop(lease: Lease): void {
    byId.delete(lease.id)
    byName.delete(lease.subdomain)
    byAuth.delete(lease.authHash)
    dirty.delete(lease)
  }

  for (const row of store.leases.held()) add(row)

  return {
    byId: (id) => byId.get(id),
    byAuth: (authHash) => byAuth.get(authHash),
    byName: (subdomain) => byName.get(subdomain),
    all: () => byId.values(),
    size: () => byId.size,
    take: add,
    beat(lease) {
      lease.heartbeatAt = clock.now()
      lease.expiresAt = lease.heartbeatAt + LEASE_MS
      dirty.add(lease)
    },
    flush() {
      if (dirty.size === 0) return
      store.atOnce(() => dirty.forEach((lease) => store.leases.beat(lease)))
      dirty.clear()
    },
    release(lease) {
      store.leases.end(lease.id, 'released', clock.now())
      drop(lease)
    },
    reload(gone) {
      const held = new Map(store.leases.held().map((row) => [row.id, row]))
      for (const lease of byId.values()) {
        if (held.has(lease.id)) continue
        drop(lease)
        gone(lease)
      }
      for (const [id, row] of held) if (!byId.has(id)) add(row)
    },
  }
}
