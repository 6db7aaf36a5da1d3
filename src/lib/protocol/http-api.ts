import type { ErrorInfo } from '../errors/error.ts'

/** Raised when the API changes in a way that a client must know; sent as `X-Xopc-Api`. */
export const API_LEVEL = 1

/** The ways in, in the order in which people are told of them. */
export const accessIds = ['tailscale', 'lan', 'proxy', 'tunnel'] as const
/** One of the ways in. */
export type AccessId = (typeof accessIds)[number]
/** The doors of the gateway; each has its own trust policy (docs/architecture.md). */
export const ingressIds = ['control', 'local', 'lan', 'tailscale', 'proxy', 'tunnel'] as const
/** One of the doors. */
export type IngressId = (typeof ingressIds)[number]
/** Who could reach the gateway through a method. */
export type Audience = 'lan' | 'tailnet' | 'internet'
/** What a credential lets its holder do. */
export type Scope = 'read' | 'run' | 'pair' | 'admin'

/** From where something was looked at: the gateway's own computer, somewhere else, or a paired device's own traffic. */
export type Vantage = 'self' | 'outside' | 'device'

/** The stages of the staged test, in the order in which one needs another (contract 6). */
export const stageNames = ['dns', 'tcp', 'tls', 'http', 'identity', 'auth', 'sse', 'websocket', 'headers'] as const
/** One of the stages. */
export type StageName = (typeof stageNames)[number]

/** Who broke a stage: told by a signature of the program, or unknown. */
export interface Culprit {
  /** `nginx`, `Caddy`, `Cloudflare` …; null where nothing on the way says who it is. */
  program: string | null
  /** What told: `Server: nginx/1.22.1`. */
  evidence: string | null
}

/** What one stage of the staged test found. */
export interface Stage {
  stage: StageName
  /** `skip`: not looked at, because an earlier stage failed or the address has none (tls over http). */
  status: 'pass' | 'warn' | 'fail' | 'skip'
  /** Whole milliseconds that the stage took; 0 where it was skipped. */
  ms: number
  /** What was found, in one sentence. */
  detail: string
  /** Of a failure, and of a warning: what phones and scripts know it by. */
  code?: string
  culprit?: Culprit
  /** What to do; also where a passed stage could be better. */
  fix?: Fix
  /** Numbers and names behind the sentence: addresses, arrival times in ms, headers as received. */
  facts?: Record<string, unknown>
}

/** What the staged test of an address came to. */
export type Verdict = {
  /** The origin that was tested. */
  url: string
  vantage: Vantage
  at: string
  /** Whole milliseconds of all of it. */
  ms: number
  /** Whole milliseconds of one round trip (the ping); null where none came back. */
  latencyMs: number | null
  /** All nine, in order. */
  stages: Stage[]
} & ({ ok: true } | ({ ok: false; fix: Fix | null } & ErrorInfo))

/** Proof that traffic arrives at this gateway. */
export interface Verification {
  /** When all of it was looked at. */
  at: string
  /** When the gateway last proved itself by the challenge alone, which is asked far more often. */
  confirmedAt: string
  vantage: Vantage
  /** Whole milliseconds of all of it. */
  ms: number
  verdict: Verdict
  /** What somebody elsewhere met at the address, where there is such a one. */
  outside?: OutsideLook
}

/** A look at an address from somewhere else: there this gateway proved itself, or something else was met. */
export type OutsideLook = { at: string; by: string } & ({ ok: true; ms: number } | { ok: false; message: string })

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
  /** A line or a few to write into the configuration of another program. */
  snippet?: string
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
  /** When it closes by itself (ISO 8601), where it was opened for a time. */
  closesAt?: string
  /** What a person should know although it works. */
  warning?: ErrorInfo
  /** Addresses it has or would have, best first. */
  candidates: Candidate[]
}

/** Two things that cannot both hold, or one that will not work; with the way out. */
export interface Conflict {
  code: string
  message: string
  fix: Fix
  /** The other way out, where there are two. */
  otherwise?: Fix
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
  /** Of its key, for people to compare: `SHA256:…`. */
  fingerprint: string
  pid: number
  uptime: number
  startedAt: string
  url: string
  authMode: string
  /** The upstream's URL with its userinfo masked, or null. */
  upstream: string | null
  /** Where each door listens, and by which names of proxies of ours it is known. */
  ingress: { id: IngressId; addresses: string[]; origins?: string[] }[]
  methods: Pick<MethodView, 'id' | 'intended' | 'state'>[]
  counts: { connections: number; sse: number; webSockets: number; sessions: number }
}

/** GET /api/overview. */
export interface Overview {
  running: boolean
  /** Which gateway answered; null where none runs. */
  gatewayId: string | null
  methods: MethodView[]
  /** The line that forwards this gateway's port over SSH, for `user@host` of this computer. */
  ssh: {
    user: string
    hosts: string[]
    /** Of the gateway. */
    port: number
    command: string
    /** Whether anybody listens where a server of ssh would; null where this computer does not tell. */
    server: { port: number; listens: boolean | null }
  }
  /** The public origin this request came by, where it is worth offering as `publicUrl`. */
  seenAs: { origin: string; ingress: IngressId } | null
  conflicts: Conflict[]
  /** The method to try next, or null where one is on. */
  recommended: AccessId | null
}

/** One event of GET /api/events. `id` rises by one. */
export interface GatewayEvent {
  id: number
  type:
    | 'connected'
    | 'access.state'
    | 'tunnel.status'
    | 'config.reload'
    | 'auth.blocked'
    | 'device.paired'
    | 'device.revoked'
    | 'device.network'
    | 'device.seen'
    | 'device.renamed'
    | 'ssh.server'
    | 'gateway.stopping'
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

/** Programs that xopc writes a configuration for. */
export const proxyPrograms = ['caddy', 'nginx', 'cloudflared'] as const
/** One of them. */
export type ProxyProgram = (typeof proxyPrograms)[number]

/** A configuration for a proxy of the person's own. */
export interface ProxyTemplate {
  program: ProxyProgram
  /** The host name that it serves. */
  domain: string
  /** Where the gateway is reached: `127.0.0.1:18790`. */
  gateway: string
  /** Where such a file usually is: `/etc/caddy/Caddyfile`. */
  file: string
  text: string
  /** What to do with it, step by step. */
  steps: Fix[]
}

/** GET /api/config: secrets are masked. */
export interface ConfigView {
  path: string
  etag: string
  config: Record<string, unknown>
  /** What wins over the file: path → the environment variable or flag that the value comes from (`XOPC_GATEWAY_TOKEN`, `--port`). */
  origins: Record<string, string>
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
