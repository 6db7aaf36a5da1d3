/** Where a broker tells what it is, at the root of its origin. */
export const DISCOVERY_PATH = '/.well-known/tunnel-config'

/** What the broker asks for before it gives out a name. */
export const SECRET_HEADER = 'x-registration-secret'
/** What proves whose lease it is. */
export const TUNNEL_TOKEN_HEADER = 'x-tunnel-token'
/** Which run of a gateway a heartbeat is from, 22 characters of `[A-Za-z0-9_-]`: by it a copy of a state folder shows. Brokers may leave it unread. */
export const INSTANCE_HEADER = 'x-gateway-instance'

/** The registration secret of brokers on this computer or in its own network, for trying: no secret at all. */
export const DEV_SECRET = 'xopc-dev-registration-secret'

/** How long a signed registration is good, milliseconds. */
export const registrationLifetimeMs = 120_000

/** What may stand in a lease, whoever says it (contract 8). What comes from outside ends in a configuration of frpc, so nothing else is taken. */
export const leaseGrammar = {
  /** Ids of tunnels, names of proxies. */
  id: /^[\w-]{1,128}$/,
  /** Tokens and secrets: printable ASCII without spaces. */
  token: /^[\x21-\x7e]{1,256}$/,
  subdomain: /^[a-z0-9]{4,16}$/,
  /** A host name or IPv4 address that a client of frp may be sent to, or an IPv6 address without brackets. */
  host: /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|[0-9a-f:]{2,45})$/i,
  /** Raw 32 bytes, base64url. */
  publicKey: /^[\w-]{43}$/,
  /** 24 random bytes, base64url. */
  nonce: /^[\w-]{32}$/,
  instance: /^[\w-]{22}$/,
} as const

/** Heartbeats come no more and no less often than this, milliseconds. */
export const heartbeatBounds = { least: 5000, most: 60_000 } as const

/** GET /.well-known/tunnel-config. */
export interface BrokerDiscovery {
  /** Base of the API, of the same origin: `https://frp.example.com/api`. */
  brokerUrl: string
  frp: { serverAddr: string; serverPort: number; subdomainHost: string }
  frpcVersion: string
  heartbeatIntervalMs: number
  transport: { tls: boolean; publicScheme: 'http' | 'https' }
  /** Who signed the certificate of the frp server, where no public authority did. */
  caPem?: string
}

/** What a registration signs (contract 8). */
export interface RegistrationFacts {
  /** Base of the broker's API without a `/` at its end. */
  audience: string
  gatewayId: string
  publicKey: string
  /** `linux-x64`. */
  platform: string
  gatewayVersion: string
  preferredSubdomain?: string
  /** `tunnelToken` of the lease that this gateway held last. */
  recoveryToken?: string
  nonce: string
  /** Milliseconds since the epoch. */
  expiresAt: number
}

/** POST {base}/tunnels/register. */
export interface RegistrationRequest extends Omit<RegistrationFacts, 'audience'> {
  version: 2
  /** Ed25519 over `registrationMessage`, base64url. */
  signature: string
}

/** The exact text that a registration signs: both ends build it with this function and nothing else. */
export function registrationMessage(facts: RegistrationFacts): string {
  const { audience, gatewayId, publicKey, platform, gatewayVersion, preferredSubdomain, recoveryToken, nonce, expiresAt } = facts
  return JSON.stringify([
    'xopc-tunnel-registration-v2',
    audience,
    gatewayId,
    publicKey,
    platform,
    gatewayVersion,
    preferredSubdomain ?? '',
    recoveryToken ?? '',
    nonce,
    expiresAt,
  ])
}

/** The answer to it: a lease. */
export interface Registration {
  tunnelId: string
  tunnelToken: string
  subdomain: string
  /** Origin without a `/` at its end. */
  publicUrl: string
  frpc: { serverAddr: string; serverPort: number; authToken: string; proxyName: string; subdomain: string }
  /** Milliseconds since the epoch. */
  expiresAt: number
  heartbeatIntervalMs: number
}

/** The answer of POST {base}/tunnels/{id}/heartbeat. */
export interface HeartbeatReply {
  /** Milliseconds since the epoch. */
  expiresAt: number
  /** When another run of a gateway with the same key was last heard of, milliseconds since the epoch; absent where none was in the last 10 minutes. */
  otherInstanceAt?: number
}

/** POST {base}/tunnels/{id}/probe: the broker asks the public address for a proof of identity, as a visitor from outside would. */
export interface OutsideProbeRequest {
  /** As in the identity challenge. */
  nonce: string
}

/** What the broker saw. */
export type OutsideProbeReply =
  | { ok: true; ms: number; challenge: { payload: Record<string, unknown>; signature: string } }
  | { ok: false; ms: number; status: number | null; message: string }

/** Every refusal of a broker has this body, with the HTTP status beside it. */
export interface BrokerRefusal {
  error: string
  code: BrokerCode
  hint?: string
}

/** Codes of a broker's refusals and their HTTP statuses. */
export const brokerCodes = {
  BAD_REQUEST: 400,
  SIGNATURE_INVALID: 400,
  /** `expiresAt` is past, or too far ahead. */
  CLOCK_SKEW: 400,
  NONCE_USED: 400,
  SECRET_INVALID: 401,
  TOKEN_INVALID: 401,
  /** The registration secret, the lease or the gateway's key was revoked. */
  REVOKED: 403,
  NOT_FOUND: 404,
  /** Another run holds the lease, and the recovery token is not its. */
  LEASE_HELD: 409,
  /** The name belongs to another gateway, was given back, or is reserved. */
  SUBDOMAIN_TAKEN: 409,
  /** The lease ended: register again. */
  LEASE_GONE: 410,
  BODY_TOO_LARGE: 413,
  LIMITED: 429,
  UNAVAILABLE: 503,
} as const
/** One of them. */
export type BrokerCode = keyof typeof brokerCodes

/** Whether the dev secret is tried at this broker: only where it is on this computer or in its own network (`localhost`, 127/8, ::1, `.local`). Pure. */
export function isDevBroker(brokerUrl: string): boolean {
  if (!URL.canParse(brokerUrl)) return false
  const { hostname } = new URL(brokerUrl)
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(?:\.\d{1,3}){3}$/.test(hostname) ||
    hostname.endsWith('.local')
  )
}
