import type { Registration, RegistrationRequest } from '../protocol/broker-api.ts'
import type { Clock } from '../system/clock.ts'
import { isLive, LEASE_MS, type Lease, type LeaseBook } from './leases.ts'
import { isReserved, randomName } from './names.ts'
import { type Outcome, refuse, type Refused } from './refusal.ts'
import { hashOf, matches, newSecret } from './secrets.ts'
import type { RegistrationKey } from './store/keys.ts'
import type { LeaseRow } from './store/leases.ts'
import type { Store } from './store/sqlite.ts'

/** A lease that was given, with the secrets that are told only now. */
export interface Granted {
  lease: Lease
  tunnelToken: string
  authToken: string
  /** Whoever held it until now has to go. */
  replaced: boolean
}

/** What giving out names needs. */
export interface RegistrarParts {
  store: Store
  book: LeaseBook
  clock: Pick<Clock, 'now'>
}

/** Names that one gateway may hold. */
const NAMES_OF_A_GATEWAY = 3

/** Gives a name to a gateway whose signature was looked at: its own, a new one, or the one it asks for. All is in the file when it returns. */
export function grant(request: RegistrationRequest, key: RegistrationKey, parts: RegistrarParts): Outcome<Granted> {
  const outcome = parts.store.atOnce(() => {
    const given = judge(request, key, parts)
    if ('ok' in given) parts.store.leases.save(given.ok.row)
    return given
  })
  if (!('ok' in outcome)) return outcome
  const { row, ...rest } = outcome.ok
  return { ok: { ...rest, lease: parts.book.take(row) } }
}

/** A lease before it is saved. */
type Draft = Omit<Granted, 'lease'> & { row: LeaseRow }

function judge(request: RegistrationRequest, key: RegistrationKey, parts: RegistrarParts): Outcome<Draft> {
  const { store, book, clock } = parts
  const now = clock.now()
  const fresh = store.nonces.use(request.nonce, request.expiresAt, now)
  if (fresh === 'full') return refuse('UNAVAILABLE', 'Too many registrations at once. Try again in a few minutes.')
  if (!fresh) return refuse('NONCE_USED', 'This registration was sent before. Sign a new one.')
  if (store.leases.isBarred(request.publicKey)) return refuse('REVOKED', 'This gateway was thrown out by the broker’s administrator.')
  const own = store.leases.heldBy(request.publicKey)
  const mine = ownChoice(own, request)
  if (mine === null) return newLease(request, key, own.length, parts)
  // What is not in the book has nobody who could use it: its registration secret was revoked.
  const lease = book.byId(mine.id)
  if (lease !== undefined && isLive(lease, now) && !matches(request.recoveryToken ?? '', mine.tokenHash)) {
    const hint = 'If that is another computer with a copy of the state folder, end one of the two.'
    return refuse('LEASE_HELD', `The name ${mine.subdomain} is in use by another run of this gateway.`, { hint })
  }
  return fullKey(mine.keyId === key.id ? null : key, parts) ?? draft(request, key, mine, clock)
}

/** The one of its names that is meant; null where it asks for another, or has none. */
function ownChoice(own: readonly LeaseRow[], { preferredSubdomain, recoveryToken }: RegistrationRequest): LeaseRow | null {
  if (preferredSubdomain !== undefined) return own.find(({ subdomain }) => subdomain === preferredSubdomain) ?? null
  return own.find(({ tokenHash }) => recoveryToken !== undefined && matches(recoveryToken, tokenHash)) ?? own[0] ?? null
}

function newLease(request: RegistrationRequest, key: RegistrationKey, names: number, parts: RegistrarParts): Outcome<Draft> {
  const { preferredSubdomain: wanted } = request
  if (wanted !== undefined && (isReserved(wanted) || parts.store.leases.byName(wanted) !== null))
    return refuse('SUBDOMAIN_TAKEN', `The name ${wanted} is not free: it is another gateway’s, was given back, or is reserved.`)
  if (names >= NAMES_OF_A_GATEWAY) {
    const hint = 'Give one back, or use one that it has.'
    return refuse('LIMITED', `This gateway holds ${names} names already.`, { hint, retryAfter: 3600 })
  }
  return fullKey(key, parts) ?? draft(request, key, wanted ?? freeName(parts.store), parts.clock)
}

/** A registration key that has all its names already. */
function fullKey(key: RegistrationKey | null, { store }: RegistrarParts): Refused | null {
  if (key === null || store.leases.countOfKey(key.id) < key.maxLeases) return null
  return refuse('LIMITED', `This registration secret has all of its ${key.maxLeases} names already.`, { retryAfter: 3600 })
}

function freeName(store: Store): string {
  for (;;) {
    const name = randomName()
    if (!isReserved(name) && store.leases.byName(name) === null) return name
  }
}

function draft(request: RegistrationRequest, key: RegistrationKey, before: LeaseRow | string, clock: Pick<Clock, 'now'>): Outcome<Draft> {
  const [tunnelToken, authToken, now] = [newSecret('tt'), newSecret('fa'), clock.now()]
  const { publicKey, gatewayId, platform, gatewayVersion } = request
  const replaced = typeof before !== 'string'
  const kept = replaced
    ? { subdomain: before.subdomain, id: before.id, createdAt: before.createdAt, priorTokenHash: before.tokenHash }
    : { subdomain: before, id: `t-${newSecret('tt').slice(-24)}`, createdAt: now, priorTokenHash: null }
  const row: LeaseRow = {
    ...kept,
    publicKey,
    gatewayId,
    platform,
    gatewayVersion,
    keyId: key.id,
    tokenHash: hashOf(tunnelToken),
    authHash: hashOf(authToken),
    registeredAt: now,
    expiresAt: now + LEASE_MS,
    heartbeatAt: 0,
    state: 'held',
    endedAt: null,
  }
  return { ok: { row, tunnelToken, authToken, replaced } }
}

/** Where gateways and visitors find this broker. */
export interface PublicPlaces {
  frp: { serverAddr: string; serverPort: number }
  heartbeatIntervalMs: number
  publicUrl(subdomain: string): string
}

/** A lease as its gateway is told of it. Pure. */
export function registrationOf({ lease, tunnelToken, authToken }: Granted, places: PublicPlaces): Registration {
  const { id, subdomain, expiresAt } = lease
  return {
    tunnelId: id,
    tunnelToken,
    subdomain,
    publicUrl: places.publicUrl(subdomain),
    frpc: { ...places.frp, authToken, proxyName: proxyNameOf(subdomain), subdomain },
    expiresAt,
    heartbeatIntervalMs: places.heartbeatIntervalMs,
  }
}

/** What the only proxy of a lease is called at frps. Pure. */
export function proxyNameOf(subdomain: string): string {
  return `xopc-${subdomain}`
}
