import type { IngressId } from '../protocol/http-api.ts'

/** How a challenge arrived at this gateway. */
export interface Arrival {
  ingress: IngressId
  /** Host as the gateway judged it: lower-cased, default port dropped. */
  host: string
}

/** A nonce that the gateway was told of. */
export interface Announcement {
  /** How the challenge with this nonce arrived here; null where it did not. */
  arrived(): Arrival | null
  /** The nonce is forgotten, and its origin with it. */
  end(): void
}

/** What a test needs of the gateway that it looks for: the gateway gives it (gateway/probe-desk.ts). */
export interface ProbeDesk {
  readonly gatewayId: string
  /** The raw 32 bytes of the gateway's Ed25519 key, base64url. */
  readonly publicKey: string
  /** From now on the gateway signs this origin for this nonce and no other, also where the origin is none of its names yet (contract 4, Host and Origin). */
  announce(nonce: string, origin: string): Announcement
  /** A credential for one request to the probe's own routes, good for 30 s and for nothing else. */
  ticket(): string
}
