import { randomUUID } from 'node:crypto'
import type { IngressId, Scope } from '../protocol/http-api.ts'

/** A device as it is remembered. Times are ISO texts. */
export interface DeviceRecord {
  readonly id: string
  readonly name: string
  readonly platform: string | null
  /** `browser`: its token counts as a cookie at `baseUrl` and nowhere else. `app`: its token counts in a header and nowhere else. */
  readonly kind: 'app' | 'browser'
  readonly scopes: readonly Scope[]
  /** The origin it was paired with. */
  readonly baseUrl: string | null
  readonly pairedAt: string
  readonly lastSeenAt: string | null
  readonly lastIp: string | null
  readonly lastIngress: IngressId | null
  /** SHA-256 of its token, hexadecimal. The token itself is nowhere but in the device. */
  readonly tokenHash: string
  /** Null while it may come in. */
  readonly revokedAt: string | null
  /** Where it came from so far, the latest last (see `networkOf`). */
  readonly networks: readonly string[]
}

/** What a device is made with; everything but its name and platform comes from the pairing code. */
export type NewDevice = Pick<DeviceRecord, 'name' | 'platform' | 'kind' | 'scopes' | 'baseUrl'>

/** From where a device came. */
export interface Sighting {
  /** The client's address; null where it came by a socket file. */
  ip: string | null
  ingress: IngressId
}

/** Records kept of devices that were thrown out, and networks kept of one device. */
const [MAX_REVOKED, MAX_NETWORKS] = [100, 64]

/** A device that was not here yet. */
export function newRecord({ name, platform, kind, scopes, baseUrl }: NewDevice, tokenHash: string, pairedAt: string): DeviceRecord {
  const unseen = { lastSeenAt: null, lastIp: null, lastIngress: null, networks: [], revokedAt: null }
  return { id: randomUUID(), name, platform, kind, scopes: [...scopes], baseUrl, pairedAt, tokenHash, ...unseen }
}

/** The same device, seen just now. Pure. */
export function seenAt(record: DeviceRecord, { ip, ingress }: Sighting, network: string | null, time: string): DeviceRecord {
  return { ...record, lastSeenAt: time, lastIp: ip, lastIngress: ingress, networks: withNetwork(record.networks, network) }
}

function withNetwork(networks: readonly string[], network: string | null): readonly string[] {
  if (network === null || networks.at(-1) === network) return networks
  return [...networks.filter((each) => each !== network), network].slice(-MAX_NETWORKS)
}

/** What is saved of a device, with what this program saw of it since. A revocation stays, wherever it was made. Pure. */
export function joined(saved: DeviceRecord, here: DeviceRecord | undefined): DeviceRecord {
  if (here === undefined) return saved
  const { lastSeenAt, lastIp, lastIngress, networks } = (here.lastSeenAt ?? '') > (saved.lastSeenAt ?? '') ? here : saved
  return { ...saved, lastSeenAt, lastIp, lastIngress, networks, revokedAt: saved.revokedAt ?? here.revokedAt }
}

/** Those that were thrown out are remembered for the person who looks, not for ever. Pure. */
export function withoutOld(records: readonly DeviceRecord[]): DeviceRecord[] {
  const revoked = records.filter(({ revokedAt }) => revokedAt !== null)
  const latestFirst = revoked.toSorted((a, b) => ((a.revokedAt ?? '') < (b.revokedAt ?? '') ? 1 : -1))
  const old = new Set(latestFirst.slice(MAX_REVOKED))
  return records.filter((record) => !old.has(record))
}
