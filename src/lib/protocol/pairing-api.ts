import type { IngressId, Scope } from './http-api.ts'

/** A phone, a browser or a program that joined by a pairing code. */
export interface Device {
  id: string
  name: string
  /** As the device itself said: `android`, `ios`, `Chrome on Linux`; null where it said nothing. */
  platform: string | null
  /** `browser`: its credential is a cookie that counts at `baseUrl` alone. */
  kind: 'app' | 'browser'
  scopes: Scope[]
  /** The origin that it was paired with; null for a record without one. */
  baseUrl: string | null
  pairedAt: string
  lastSeenAt: string | null
  lastIp: string | null
  lastIngress: IngressId | null
}

/** One QR code, ready to be shown. */
export interface QrCode {
  /** An SVG element: black on white, with a quiet zone of 4 modules that is part of it, and no size of its own (`viewBox` only). */
  svg: string
  /**
   * The modules for a terminal: one line of text for each row, `1` for a dark module and `0` for a light one, lines ended by `\n` between
   * them. Square, with the quiet zone of 4 light modules on each side, so whoever draws it adds nothing around.
   */
  text: string
}

/** One pairing code, for whoever minted it only. */
export interface PairingCode {
  id: string
  state: 'waiting' | 'used' | 'expired' | 'revoked'
  expiresAt: string
  /** What the device will be allowed. */
  scopes: Scope[]
  /** Name that the device will have; null where it may name itself. */
  name: string | null
  /** The origin that the device will use first. */
  baseUrl: string
  /** The same gateway in its own network, where that is another address. */
  lanUrl: string | null
  /** The links hold the secret; null once the code does not wait any more. `browser` is null for a code with `pair` or `admin` (`ADMIN_IN_XOPC_UI`). */
  links: { app: string; browser: string | null } | null
  /** The same as pictures. */
  qr: { app: QrCode; browser: QrCode | null } | null
  /** Who joined; null before, and where that device was revoked since. */
  device: Device | null
}

/** One address that a device could be paired with. */
export interface PairCandidate {
  kind: 'lan' | 'tunnel' | 'reverse-proxy' | 'tailscale'
  url: string
  /** The gateway proved itself there, when it was last looked at. */
  reachable: boolean
  /** Nothing listens there until the gateway is opened to the local network. */
  needsLanBind?: true
  /** What a person should know of it, in one sentence. */
  note?: string
}

/** GET /api/tunnel/pair/context. */
export interface PairContext {
  /** Best first. */
  candidates: PairCandidate[]
  /** The URL that a code is minted with unless another is asked for; null where none can be used. */
  recommended: string | null
  /** Why none can be used. */
  blockReason: 'GATEWAY_LOOPBACK_ONLY' | 'NO_REACHABLE_URL' | null
}

/** POST /api/tunnel/exchange-token: what a device that joined needs to know. */
export interface Joined {
  /** This device's own credential; absent where it went into a cookie. */
  token?: string
  baseUrl: string
  lanUrl: string | null
  /** Where else this gateway is, best first. */
  connectUrls: string[]
  gatewayId: string
  publicKey: string
  device: Pick<Device, 'id' | 'name' | 'scopes'>
}
