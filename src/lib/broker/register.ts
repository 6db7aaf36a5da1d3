import type { IncomingMessage } from 'node:http'
import { INSTANCE_HEADER, leaseGrammar, SECRET_HEADER } from '../protocol/broker-api.ts'
import type { ApiParts } from './api-parts.ts'
import { jsonBody } from './body.ts'
import { slowed, sourceIn } from './caller.ts'
import { type Outcome, refuse } from './refusal.ts'
import { registrationIn } from './registration-body.ts'
import { grant, registrationOf } from './registrations.ts'
import { hashOf } from './secrets.ts'
import { signatureProblem } from './signature.ts'
import type { RegistrationKey } from './store/keys.ts'
import { instanceIn, noteRun } from './tunnels.ts'

/** A body of the API is never larger, bytes. */
export const MOST_BODY = 16 * 1024

/** POST {base}/tunnels/register: from the cheapest look to the dearest, and nothing is written before the signature is right. */
export async function register(req: IncomingMessage, parts: ApiParts): Promise<Outcome<object>> {
  const outcome = await judged(req, parts)
  const from = sourceIn(req)
  // One line a minute for each address: who is refused again and again must not push everything else out of the log.
  if ('refused' in outcome && parts.counters.refusals.take(from) === 0)
    parts.audit.write('TunnelAudit.refused', { code: outcome.refused, from })
  return outcome
}

async function judged(req: IncomingMessage, parts: ApiParts): Promise<Outcome<object>> {
  const { settings, counters, clock, audit, port } = parts
  const source = sourceIn(req)
  const key = keyOf(req, parts)
  if ('refused' in key) return key
  const wait = Math.max(counters.address.take(source), counters.key.take(key.ok.id))
  if (wait > 0) return refuse('LIMITED', 'Too many registrations in a short time.', { retryAfter: wait / 1000 })
  const body = await jsonBody(req, MOST_BODY)
  if (body === 'large') return refuse('BODY_TOO_LARGE', 'The body is larger than a registration can be.')
  const request = body === 'broken' ? refuse('BAD_REQUEST', 'The body is no JSON.') : registrationIn(body.json)
  if ('refused' in request) return request
  const { host } = req.headers
  const audiences = [settings.brokerUrl(port(), host), ...settings.audiences(port())]
  const problem = signatureProblem(request.ok, audiences, clock.now())
  if (problem !== null) return problem
  const granted = grant(request.ok, key.ok, parts)
  if ('refused' in granted) return granted
  const { lease, replaced } = granted.ok
  const instance = instanceIn(req.headers[INSTANCE_HEADER])
  if (instance !== null) noteRun(lease, instance, clock.now())
  audit.write('TunnelAudit.registered', {
    subdomain: lease.subdomain,
    gatewayId: lease.gatewayId,
    key: lease.keyId,
    replaced,
    from: source,
  })
  return { ok: registrationOf(granted.ok, settings) }
}

/** The key of the secret that was shown. */
function keyOf(req: IncomingMessage, { store, counters }: ApiParts): Outcome<RegistrationKey> {
  const secret = req.headers[SECRET_HEADER]
  const key = typeof secret === 'string' && leaseGrammar.token.test(secret) ? store.keys.bySecret(hashOf(secret)) : null
  if (key === null) return slowed(req, counters.failures, refuse('SECRET_INVALID', 'This broker does not know that registration secret.'))
  return key.revokedAt === null ? { ok: key } : refuse('REVOKED', 'That registration secret was revoked.')
}
