import { z } from 'zod'
import { accessIds, ingressIds, proxyPrograms, stageNames } from '../../protocol/http-api.ts'
import type {
  AccessState,
  Candidate,
  ChallengeReply,
  ConfigChange,
  ConfigProblem,
  ConfigReload,
  ConfigView,
  Conflict,
  Finding,
  Health,
  MethodView,
  Overview,
  ProxyTemplate,
  Stage,
  Status,
  Verdict,
  Verification,
} from '../../protocol/http-api.ts'
import type { SeenRequest } from '../../protocol/probe-api.ts'
import type { Plan } from '../../access/access-method.ts'
import type { ErrorInfo } from '../../errors/error.ts'

// The types are the truth (protocol/http-api.ts, browser-safe); these say the same to OpenAPI, docs and tests, and `satisfies` holds them equal.

/** A code, what happened and what to do. */
export const errorInfo = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().exactOptional(),
  docs: z.string().exactOptional(),
}) satisfies z.ZodType<ErrorInfo>

const accessId = z.enum(accessIds)
/** One of the doors. */
export const ingressId = z.enum(ingressIds)

const fix = z.object({ title: z.string(), command: z.string().exactOptional(), snippet: z.string().exactOptional() })
const vantage = z.enum(['self', 'outside', 'device'])

/** One stage of the staged test. */
export const stage = z.object({
  stage: z.enum(stageNames),
  status: z.enum(['pass', 'warn', 'fail', 'skip']),
  ms: z.int(),
  detail: z.string(),
  code: z.string().exactOptional(),
  culprit: z.object({ program: z.string().nullable(), evidence: z.string().nullable() }).exactOptional(),
  fix: fix.exactOptional(),
  facts: z.record(z.string(), z.unknown()).exactOptional(),
}) satisfies z.ZodType<Stage>

const tested = { url: z.string(), vantage, at: z.string(), ms: z.int(), latencyMs: z.int().nullable(), stages: z.array(stage) }

/** What the staged test came to. */
export const verdict = z.discriminatedUnion('ok', [
  z.object({ ...tested, ok: z.literal(true) }),
  z.object({ ...tested, ok: z.literal(false), fix: fix.nullable(), ...errorInfo.shape }),
]) satisfies z.ZodType<Verdict>

/** Proof that traffic arrives. */
export const verification = z.object({
  at: z.string(),
  confirmedAt: z.string(),
  vantage,
  ms: z.number(),
  verdict,
  outside: z
    .discriminatedUnion('ok', [
      z.object({ at: z.string(), by: z.string(), ok: z.literal(true), ms: z.number() }),
      z.object({ at: z.string(), by: z.string(), ok: z.literal(false), message: z.string() }),
    ])
    .exactOptional(),
}) satisfies z.ZodType<Verification>

/** GET /api/access/proxy/template. */
export const proxyTemplate = z.object({
  program: z.enum(proxyPrograms),
  domain: z.string(),
  gateway: z.string(),
  file: z.string(),
  text: z.string(),
  steps: z.array(fix),
}) satisfies z.ZodType<ProxyTemplate>

/** State of one access method. */
export const accessState = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('off') }),
  z.object({ phase: z.literal('starting'), step: z.string(), since: z.string() }),
  z.object({ phase: z.literal('blocked'), needs: errorInfo, url: z.string().exactOptional(), command: z.string().exactOptional() }),
  z.object({ phase: z.literal('on'), urls: z.array(z.string()), since: z.string(), verified: verification.nullable() }),
  z.object({ phase: z.literal('degraded'), urls: z.array(z.string()), error: errorInfo, next: z.string() }),
  z.object({ phase: z.literal('failed'), error: errorInfo, retryAt: z.string().nullable() }),
]) satisfies z.ZodType<AccessState>

/** What diagnose found. */
export const findings = z.array(
  z.object({
    code: z.string(),
    title: z.string(),
    status: z.enum(['pass', 'warn', 'fail', 'skip']),
    detail: z.string(),
    fix: fix.exactOptional(),
  }),
) satisfies z.ZodType<Finding[]>

/** What enabling would do. */
export const plan = z.object({
  steps: z.array(z.object({ title: z.string(), argv: z.array(z.string()).exactOptional() })),
  refusal: errorInfo.exactOptional(),
}) satisfies z.ZodType<Plan>

/** GET /health. */
export const health = z.object({ status: z.literal('ok'), version: z.string(), uptime: z.int() }) satisfies z.ZodType<Health>

const ingress = z.array(z.object({ id: ingressId, addresses: z.array(z.string()), origins: z.array(z.string()).exactOptional() }))

/** GET /api/status. */
export const status = z.object({
  version: z.string(),
  apiLevel: z.int(),
  gatewayId: z.string(),
  fingerprint: z.string(),
  pid: z.int(),
  uptime: z.int(),
  startedAt: z.string(),
  url: z.string(),
  authMode: z.string(),
  upstream: z.string().nullable(),
  ingress,
  methods: z.array(z.object({ id: accessId, intended: z.boolean(), state: accessState })),
  counts: z.object({ connections: z.int(), sse: z.int(), webSockets: z.int(), sessions: z.int() }),
}) satisfies z.ZodType<Status>

const candidate = z.object({
  url: z.string(),
  interface: z.string(),
  kind: z.enum(['physical', 'virtual', 'vpn']),
  note: z.string().nullable(),
}) satisfies z.ZodType<Candidate>

const methodView = z.object({
  id: accessId,
  intended: z.boolean(),
  audience: z.enum(['lan', 'tailnet', 'internet']),
  audienceText: z.string(),
  state: accessState,
  closesAt: z.string().exactOptional(),
  warning: errorInfo.exactOptional(),
  candidates: z.array(candidate),
}) satisfies z.ZodType<MethodView>

const conflict = z.object({ code: z.string(), message: z.string(), fix, otherwise: fix.exactOptional() }) satisfies z.ZodType<Conflict>

/** GET /api/overview. */
export const overview = z.object({
  running: z.boolean(),
  gatewayId: z.string().nullable(),
  methods: z.array(methodView),
  ssh: z.object({
    user: z.string(),
    hosts: z.array(z.string()),
    port: z.int(),
    command: z.string(),
    server: z.object({ port: z.int(), listens: z.boolean().nullable() }),
  }),
  seenAs: z.object({ origin: z.string(), ingress: ingressId }).nullable(),
  conflicts: z.array(conflict),
  recommended: accessId.nullable(),
}) satisfies z.ZodType<Overview>

/** What is wrong in the configuration, and where. */
export const configProblem = z.object({
  path: z.string(),
  line: z.int().nullable(),
  column: z.int().nullable(),
  code: z.string(),
  message: z.string(),
  hint: z.string().exactOptional(),
  severity: z.enum(['error', 'warning']),
}) satisfies z.ZodType<ConfigProblem>

const configReload = z.object({
  ok: z.boolean(),
  applied: z.array(z.string()),
  rebound: z.array(z.string()),
  restartNeeded: z.array(z.string()),
  problems: z.array(configProblem),
}) satisfies z.ZodType<ConfigReload>

/** GET /api/config. */
export const configView = z.object({
  path: z.string(),
  etag: z.string(),
  config: z.record(z.string(), z.unknown()),
  origins: z.record(z.string(), z.string()),
}) satisfies z.ZodType<ConfigView>

/** PATCH /api/config. */
export const configChange = configView.extend({ reload: configReload.nullable() }) satisfies z.ZodType<ConfigChange>

/** POST /api/gateway-identity/challenge. */
export const challengeReply = z.object({
  payload: z.object({
    purpose: z.literal('gateway-route-v1'),
    gatewayId: z.string(),
    publicKey: z.string(),
    nonce: z.string(),
    origin: z.string().exactOptional(),
    expiresAt: z.int(),
  }),
  signature: z.string(),
}) satisfies z.ZodType<ChallengeReply>

/** Lines of a log. */
export const logLines = z.array(z.record(z.string(), z.unknown()))

/** GET /api/probe/request: what the gateway saw of the request. */
export const probeRequest = z.object({
  ingress: ingressId,
  peer: z.string().nullable(),
  peerPort: z.int().nullable(),
  client: z.string(),
  proxied: z.boolean(),
  trustedPeer: z.boolean(),
  forwardedFor: z.array(z.string()),
  proto: z.enum(['http', 'https']),
  host: z.string(),
  nonce: z.string().nullable(),
  received: z.object({
    host: z.array(z.string()),
    forwardedFor: z.array(z.string()),
    forwardedProto: z.array(z.string()),
    forwardedHost: z.array(z.string()),
    forwarded: z.array(z.string()),
    via: z.array(z.string()),
    realIp: z.array(z.string()),
  }),
  hints: z.array(z.string()),
}) satisfies z.ZodType<SeenRequest>

/** What every refused request is answered with. */
export const errorReply = z.object({
  error: z.string(),
  code: z.string(),
  hint: z.string().exactOptional(),
  docs: z.string().exactOptional(),
  problems: z.array(configProblem).exactOptional(),
})
