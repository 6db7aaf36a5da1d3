import { randomBytes } from 'node:crypto'
import { cleanText } from '../protocol/outside-text.ts'
import { type Audit, createAudit } from '../system/audit.ts'
import { systemClock } from '../system/clock.ts'
import { look } from '../system/files.ts'
import { requireOurFolder } from '../system/folders.ts'
import { brokerErrors } from './errors.ts'
import type { BrokerFolder } from './folder.ts'
import { hashOf, newSecret } from './secrets.ts'
import { openStore, type Store } from './store/sqlite.ts'

/** A registration key as people see it. Times are ISO 8601. */
export interface KeyView {
  id: string
  name: string
  /** Names that are held by it, and how many may be. */
  leases: number
  maxLeases: number
  createdAt: string
  revokedAt: string | null
}

/** A name as people see it. Times are ISO 8601. */
export interface TunnelView {
  subdomain: string
  id: string
  gatewayId: string
  key: string
  state: 'held' | 'released' | 'revoked'
  createdAt: string
  lastHeartbeatAt: string | null
  expiresAt: string
  endedAt: string | null
}

/** The file of a broker, and where what people do to it is written down. */
export type Desk = Store & { audit: Audit }

/** Acts on the file of a broker, which may run meanwhile; it notices within two seconds. Throws `BROKER_NOT_SET_UP`, `BROKER_STORE_BROKEN`, `STATE_NOT_OURS`, `FILE_NOT_WRITABLE`, `DISK_FULL`. */
export async function withStore<Result>(folder: BrokerFolder, work: (desk: Desk) => Result): Promise<Result> {
  const isThere = (await look(folder.store)) !== null || (await look(folder.settings)) !== null
  if (!isThere) throw brokerErrors.BROKER_NOT_SET_UP({ folder: folder.dir, file: folder.store })
  // A file that root makes in the folder of another user is one that the broker could not open.
  await requireOurFolder(folder.dir)
  const store = await openStore(folder.store)
  try {
    // Before anything is done: what cannot be written down does not happen.
    const audit = createAudit({ path: folder.audit, clock: systemClock })
    try {
      return work({ ...store, audit })
    } finally {
      audit.close()
    }
  } finally {
    store.close()
  }
}

/** Makes a registration key. The secret is told only now. */
export function createKey(desk: Desk, given: { name: string; maxLeases: number; now: number }): KeyView & { secret: string } {
  const { name, maxLeases, now } = given
  const secret = newSecret('rk')
  const id = randomBytes(4).toString('hex')
  desk.keys.add({ id, name, secretHash: hashOf(secret), maxLeases, createdAt: now, revokedAt: null })
  desk.audit.write('TunnelAudit.keyCreated', { key: id, name, maxLeases })
  return { id, name, leases: 0, maxLeases, createdAt: timeOf(now), revokedAt: null, secret }
}

/** Every key, the oldest first. */
export function listKeys(store: Store): KeyView[] {
  return store.keys.all().map(({ id, name, maxLeases, createdAt, revokedAt }) => ({
    id,
    name,
    leases: store.leases.countOfKey(id),
    maxLeases,
    createdAt: timeOf(createdAt),
    revokedAt: revokedAt === null ? null : timeOf(revokedAt),
  }))
}

/** Ends a key, and all that came by it. Throws `BROKER_KEY_UNKNOWN`. */
export function revokeKey(desk: Desk, id: string, now: number): KeyView {
  if (!desk.keys.revoke(id, now)) throw brokerErrors.BROKER_KEY_UNKNOWN({ id: cleanText(id, 80) })
  const view = listKeys(desk).find((key) => key.id === id)
  if (view === undefined) throw brokerErrors.BROKER_KEY_UNKNOWN({ id: cleanText(id, 80) })
  desk.audit.write('TunnelAudit.keyRevoked', { key: id, name: view.name })
  return view
}

/** Every name that was ever given out, the oldest first. */
export function listTunnels(store: Store): TunnelView[] {
  return store.leases.all().map(({ subdomain, id, gatewayId, keyId, state, createdAt, heartbeatAt, expiresAt, endedAt }) => ({
    subdomain,
    id,
    gatewayId,
    key: keyId,
    state,
    createdAt: timeOf(createdAt),
    lastHeartbeatAt: heartbeatAt === 0 ? null : timeOf(heartbeatAt),
    expiresAt: timeOf(expiresAt),
    endedAt: endedAt === null ? null : timeOf(endedAt),
  }))
}

/** Retires a name for ever, and throws its gateway out. Throws `BROKER_TUNNEL_UNKNOWN`. */
export function revokeTunnel(store: Store, tunnel: string, now: number): TunnelView {
  const row = store.leases.byName(tunnel) ?? store.leases.byId(tunnel)
  const unknown = brokerErrors.BROKER_TUNNEL_UNKNOWN({ tunnel: cleanText(tunnel, 80) })
  if (row === null || !store.leases.end(row.id, 'revoked', now)) throw unknown
  const view = listTunnels(store).find(({ id }) => id === row.id)
  if (view === undefined) throw unknown
  return view
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}
