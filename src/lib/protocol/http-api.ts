import type { ErrorInfo } from '../errors/error.ts'

/** Raised when the API changes in a way that a client must know; sent as `X-Xopc-Api`. */
export const API_LEVEL = 1

/** The ways in. Methods that are not built yet join here with their folder. */
export type AccessId = 'lan'
/** The doors of the gateway; each has its own trust policy (docs/architecture.md). */
export type IngressId = 'control' | 'local' | 'lan' | 'proxy'
/** Who could reach the gateway through a method. */
export type Audience = 'lan' | 'tailnet' | 'internet'
/** What a credential lets its holder do. */
export type Scope = 'read' | 'run' | 'pair' | 'admin'

/** Proof that traffic arrives at this gateway. Null until the staged test exists. */
export interface Verification {
  at: string
  vantage: 'self' | 'outside' | 'device'
  ms: number
}

/** State of one access method. URLs exist only where it is on or degraded. */
export type AccessState =
  | { phase: 'off' }
  | { phase: 'starting'; step: string; since: string }
  | { phase: 'blocked'; needs: ErrorInfo; url?: string; command?: string }
  | { phase: 'on'; urls: string[]; since: string; verified: Verification | null }
  | { phase: 'degraded'; urls: string[]; error: ErrorInfo; next: string }
  | { phase: 'failed'; error: ErrorInfo; retryAt: string | null }

/** A repair: what to type, or what the page's button does. */
export interface Fix {
  title: string
  command?: string
}

/** One thing that was looked at. */
export interface Finding {
  code: string
  title: string
  status: 'pass' | 'warn' | 'fail' | 'skip'
  detail: string
  fix?: Fix
}

/** One address of this computer that a device could use. */
export interface Candidate {
  url: string
  /** `eth0`. */
  interface: string
  kind: 'physical' | 'virtual' | 'vpn'
  /** What keeps a device from using it, in words; null for an ordinary network card. */
  note: string | null
}

/** One method in the overview. */
export interface MethodView {
  id: AccessId
  intended: boolean
  audience: Audience
  /** Audience in words: "anyone on the same network". */
  audienceText: string
  state: AccessState
  /** Addresses it has or would have, best first. */
  candidates: Candidate[]
}

/** Two things that cannot both hold, or one that will not work; with the way out. */
export interface Conflict {
  code: string
  message: string
  fix: Fix
}

/** GET /health. `uptime` in whole seconds. */
export interface Health {
  status: 'ok'
  version: string
  uptime: number
}

/** GET /api/status. `uptime` in whole seconds. */
export interface Status {
  version: string
  apiLevel: number
  gatewayId: string
  pid: number
  uptime: number
  startedAt: string
  url: string
  authMode: string
  /** The upstream's URL with its userinfo masked, or null. */
  upstream: string | null
  ingress: { id: IngressId; addresses: string[] }[]
  methods: Pick<MethodView, 'id' | 'intended' | 'state'>[]
  counts: { connections: number; sse: number; webSockets: number; sessions: number }
}

/** GET /api/overview. */
export interface Overview {
  running: boolean
  methods: MethodView[]
  /** The line that forwards this gateway's port over SSH, for `user@host` of this computer. */
  ssh: { user: string; hosts: string[]; port: number; command: string }
  /** The public origin this request came by, where it is worth offering as `publicUrl`. */
  seenAs: { origin: string; ingress: IngressId } | null
  conflicts: Conflict[]
  /** The method to try next, or null where one is on. */
  recommended: AccessId | null
}

/** One event of GET /api/events. `id` rises by one. */
export interface GatewayEvent {
  id: number
  type: 'connected' | 'access.state' | 'config.reload' | 'auth.blocked' | 'gateway.stopping'
  at: string
  data: unknown
}

/** What became of a saved change. */
export interface ConfigReload {
  /** False: the file is broken and the running configuration was kept. */
  ok: boolean
  applied: string[]
  rebound: string[]
  restartNeeded: string[]
  problems: ConfigProblem[]
}

/** What is wrong in the configuration file, and where. */
export interface ConfigProblem {
  /** `gateway.port`; empty for the file as a whole. */
  path: string
  line: number | null
  column: number | null
  code: string
  message: string
  hint?: string
  severity: 'error' | 'warning'
}

/** GET /api/config: secrets are masked. */
export interface ConfigView {
  path: string
  etag: string
  config: Record<string, unknown>
}

/** Answer to a change of the configuration. */
export interface ConfigChange extends ConfigView {
  reload: ConfigReload | null
}

/** POST /api/gateway-identity/challenge. */
export interface ChallengeReply {
  payload: {
    purpose: 'gateway-route-v1'
    gatewayId: string
    publicKey: string
    nonce: string
    origin?: string
    expiresAt: number
  }
  signature: string
}

/** One JSON line of the gateway log or the audit log. */
export type LogLine = Record<string, unknown>
