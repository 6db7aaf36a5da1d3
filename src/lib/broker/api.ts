import type { IncomingMessage } from 'node:http'
import { officialFrpc } from '../binaries/frpc-digests.ts'
import { type BrokerDiscovery, DISCOVERY_PATH, INSTANCE_HEADER, leaseGrammar, TUNNEL_TOKEN_HEADER } from '../protocol/broker-api.ts'
import type { ApiParts } from './api-parts.ts'
import { jsonBody } from './body.ts'
import { slowed, sourceIn } from './caller.ts'
import type { Lease } from './leases.ts'
import { type Outcome, refuse, type Reply, replyOf } from './refusal.ts'
import { nonceIn, probeFromOutside } from './outside-probe.ts'
import { MOST_BODY, register } from './register.ts'
import { beat, instanceIn, isOver, ownLease, wasReleased } from './tunnels.ts'

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
  if (req.method === 'POST' && action === 'probe') return replyOf(await probe(req, id, parts))
  if (req.method === 'DELETE' && action === undefined) return replyOf(release(req, id, parts))
  return null
}

function discovery(req: IncomingMessage, { settings, port }: ApiParts): BrokerDiscovery {
  const { frp, subdomainHost, heartbeatIntervalMs, publicScheme, caPem } = settings
  return {
    brokerUrl: settings.brokerUrl(port(), req.headers.host),
    frp: { ...frp, subdomainHost },
    frpcVersion: officialFrpc.version,
    heartbeatIntervalMs,
    transport: { tls: true, publicScheme },
    ...(caPem !== null && { caPem }),
  }
}

function heartbeat(req: IncomingMessage, id: string, parts: ApiParts): Outcome<object> {
  const lease = leaseOf(req, id, parts)
  if ('refused' in lease) return lease
  return beat(lease.ok, instanceIn(req.headers[INSTANCE_HEADER]), parts)
}

function release(req: IncomingMessage, id: string, parts: ApiParts): Outcome<object> {
  const { book, store, audit } = parts
  const token = String(req.headers[TUNNEL_TOKEN_HEADER])
  const lease = leaseOf(req, id, parts)
  if ('refused' in lease) return wasReleased(id, token, store) ? { ok: { released: true } } : lease
  book.release(lease.ok)
  audit.write('TunnelAudit.released', { subdomain: lease.ok.subdomain, gatewayId: lease.ok.gatewayId, from: sourceIn(req) })
  return { ok: { released: true } }
}

/** Looks at the public address of a tunnel from here, for its gateway. */
async function probe(req: IncomingMessage, id: string, parts: ApiParts): Promise<Outcome<object>> {
  const lease = leaseOf(req, id, parts)
  if ('refused' in lease) return lease
  if (isOver(lease.ok, parts.clock)) return refuse('LEASE_GONE', 'The lease is over.')
  const wait = parts.counters.probes.take(id)
  if (wait > 0) return refuse('LIMITED', 'Too many probes in a short time.', { retryAfter: wait / 1000 })
  const body = await jsonBody(req, MOST_BODY)
  if (body === 'large') return refuse('BODY_TOO_LARGE', 'The body is larger than it can be.')
  const nonce = body === 'broken' ? null : nonceIn(body.json)
  if (nonce === null) return refuse('BAD_REQUEST', 'The body is not {nonce}.')
  return { ok: await probeFromOutside(parts.settings.publicUrl(lease.ok.subdomain), nonce) }
}

/** The lease whose token was shown. */
function leaseOf(req: IncomingMessage, id: string, parts: ApiParts): Outcome<Lease> {
  const token = req.headers[TUNNEL_TOKEN_HEADER]
  if (!leaseGrammar.id.test(id)) return refuse('NOT_FOUND', 'There is no such tunnel.')
  if (typeof token !== 'string' || !leaseGrammar.token.test(token))
    return slowed(req, parts.counters.failures, refuse('TOKEN_INVALID', 'The token of the tunnel is missing.'))
  const lease = ownLease(id, token, parts)
  const isGuess = 'refused' in lease && (lease.refused === 'TOKEN_INVALID' || lease.refused === 'NOT_FOUND')
  return isGuess ? slowed(req, parts.counters.failures, lease) : lease
}
