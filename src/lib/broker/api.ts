import type { IncomingMessage } from 'node:http'
import {
  type BrokerDiscovery,
  DISCOVERY_PATH,
  INSTANCE_HEADER,
  leaseGrammar,
  SECRET_HEADER,
  TUNNEL_TOKEN_HEADER,
} from '../protocol/broker-api.ts'
import type { Audit } from '../system/audit.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import { jsonBody } from './body.ts'
import { sourceOf } from './client-address.ts'
import type { Lease, LeaseBook } from './leases.ts'
import type { Counter } from './limits.ts'
import { type Outcome, refuse, type Refused, type Reply, replyOf } from './refusal.ts'
import { registrationIn } from './registration-body.ts'
import { grant, registrationOf } from './registrations.ts'
import { hashOf } from './secrets.ts'
import type { Sessions } from './sessions.ts'
import type { BrokerSettings } from './settings.ts'
import { signatureProblem } from './signature.ts'
import type { RegistrationKey } from './store/keys.ts'
import type { Store } from './store/sqlite.ts'
import { beat, ownLease, wasReleased } from './tunnels.ts'

/** What the API stands on. */
export interface ApiParts {
  settings: BrokerSettings
  store: Store
  book: LeaseBook
  sessions: Sessions
  counters: { address: Counter; key: Counter; failures: Counter }
  clock: Pick<Clock, 'now'>
  log: Log
  audit: Audit
  /** Ports that it came to. */
  ports(): { api: number; links: number }
}

/** A body of the API is never larger, bytes. */
const MOST = 16 * 1024
/** `{base}/tunnels/{id}` and what may follow. */
const TUNNEL = /^\/api\/tunnels\/([^/]+)(?:\/([a-z]+))?$/

/** Answers what gateways ask; null where the path is none of the API. Rejects where the connection broke off. */
export async function answerApi(req: IncomingMessage, path: string, parts: ApiParts): Promise<Reply | null> {
  const asked = `${req.method} ${path}`
  if (asked === `GET ${DISCOVERY_PATH}`) return replyOf({ ok: discovery(req, parts) })
  if (asked === 'POST /api/tunnels/register') return replyOf(await register(req, parts))
  const [, id = '', action] = TUNNEL.exec(path) ?? []
  if (id === '') return null
  if (req.method === 'POST' && action === 'heartbeat') return replyOf(heartbeat(req, id, parts))
  if (req.method === 'DELETE' && action === undefined) return replyOf(release(req, id, parts))
  return null
}

function discovery(req: IncomingMessage, { settings, ports }: ApiParts): BrokerDiscovery {
  const { links, subdomainHost, heartbeatIntervalMs, publicScheme, caPem } = settings
  return {
    brokerUrl: settings.brokerUrl(ports().api, req.headers.host),
    frp: { serverAddr: links.serverAddr, serverPort: ports().links, subdomainHost },
    frpcVersion: '0.71.0',
    heartbeatIntervalMs,
    transport: { tls: true, publicScheme },
    ...(caPem !== null && { caPem }),
  }
}

async function register(req: IncomingMessage, parts: ApiParts): Promise<Outcome<object>> {
  const { settings, counters, clock, sessions, audit, ports } = parts
  const source = sourceIn(req)
  const key = keyOf(req, parts)
  if ('refused' in key) return key
  const wait = Math.max(counters.address.take(source), counters.key.take(key.ok.id))
  if (wait > 0) return refuse('LIMITED', 'Too many registrations in a short time.', { retryAfter: wait / 1000 })
  const body = await jsonBody(req, MOST)
  if (body === 'large') return refuse('BODY_TOO_LARGE', 'The body is larger than a registration can be.')
  const request = body === 'broken' ? refuse('BAD_REQUEST', 'The body is no JSON.') : registrationIn(body.json)
  if ('refused' in request) return request
  const { host } = req.headers
  const audiences = [settings.brokerUrl(ports().api, host), ...settings.audiences(ports().api, host)]
  const problem = signatureProblem(request.ok, audiences, clock.now())
  if (problem !== null) return problem
  const granted = grant(request.ok, key.ok, parts)
  if ('refused' in granted) return granted
  const { lease, replaced } = granted.ok
  if (replaced) sessions.cut(lease)
  audit.write('TunnelAudit.registered', {
    subdomain: lease.subdomain,
    gatewayId: lease.gatewayId,
    key: lease.keyId,
    replaced,
    from: source,
  })
  const { serverAddr } = settings.links
  return { ok: registrationOf(granted.ok, { ...settings, frp: { serverAddr, serverPort: ports().links } }) }
}

/** The key of the secret that was shown. */
function keyOf(req: IncomingMessage, { store, counters }: ApiParts): Outcome<RegistrationKey> {
  const secret = req.headers[SECRET_HEADER]
  const key = typeof secret === 'string' && leaseGrammar.token.test(secret) ? store.keys.bySecret(hashOf(secret)) : null
  if (key === null) return slowed(req, counters.failures, refuse('SECRET_INVALID', 'This broker does not know that registration secret.'))
  return key.revokedAt === null ? { ok: key } : refuse('REVOKED', 'That registration secret was revoked.')
}

function heartbeat(req: IncomingMessage, id: string, parts: ApiParts): Outcome<object> {
  const lease = leaseOf(req, id, parts)
  if ('refused' in lease) return lease
  const instance = req.headers[INSTANCE_HEADER]
  return beat(lease.ok, typeof instance === 'string' && leaseGrammar.instance.test(instance) ? instance : null, parts)
}

function release(req: IncomingMessage, id: string, parts: ApiParts): Outcome<object> {
  const { book, sessions, store, audit } = parts
  const token = String(req.headers[TUNNEL_TOKEN_HEADER])
  const lease = leaseOf(req, id, parts)
  if ('refused' in lease) return wasReleased(id, token, store) ? { ok: { released: true } } : lease
  book.release(lease.ok)
  sessions.cut(lease.ok)
  audit.write('TunnelAudit.released', { subdomain: lease.ok.subdomain, gatewayId: lease.ok.gatewayId, from: sourceIn(req) })
  return { ok: { released: true } }
}

/** The lease whose token was shown. */
export function leaseOf(req: IncomingMessage, id: string, parts: ApiParts): Outcome<Lease> {
  const token = req.headers[TUNNEL_TOKEN_HEADER]
  if (!leaseGrammar.id.test(id)) return refuse('NOT_FOUND', 'There is no such tunnel.')
  if (typeof token !== 'string' || !leaseGrammar.token.test(token))
    return slowed(req, parts.counters.failures, refuse('TOKEN_INVALID', 'The token of the tunnel is missing.'))
  const lease = ownLease(id, token, parts)
  const isGuess = 'refused' in lease && (lease.refused === 'TOKEN_INVALID' || lease.refused === 'NOT_FOUND')
  return isGuess ? slowed(req, parts.counters.failures, lease) : lease
}

/** A wrong secret or token; after many of them, whoever sends them has to wait. */
function slowed(req: IncomingMessage, failures: Counter, refused: Refused): Refused {
  const wait = failures.take(sourceIn(req))
  return wait === 0 ? refused : refuse('LIMITED', 'Too many wrong secrets from your address.', { retryAfter: wait / 1000 })
}

function sourceIn(req: IncomingMessage): string {
  const forwarded = req.headers['x-forwarded-for']
  return sourceOf(req.socket.remoteAddress, Array.isArray(forwarded) ? forwarded.join(',') : forwarded)
}
