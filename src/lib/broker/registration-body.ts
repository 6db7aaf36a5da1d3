import { leaseGrammar, type RegistrationRequest } from '../protocol/broker-api.ts'
import { type Outcome, refuse } from './refusal.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** What each field has to look like. */
const fields: Record<string, { pattern: RegExp; optional?: true }> = {
  gatewayId: { pattern: UUID },
  publicKey: { pattern: leaseGrammar.publicKey },
  platform: { pattern: /^[\w.-]{1,64}$/ },
  gatewayVersion: { pattern: /^[\w.+-]{1,64}$/ },
  preferredSubdomain: { pattern: leaseGrammar.subdomain, optional: true },
  recoveryToken: { pattern: leaseGrammar.token, optional: true },
  nonce: { pattern: leaseGrammar.nonce },
  signature: { pattern: /^[\w-]{86}$/ },
}

/** A registration as it was sent, every field of it as the protocol has it, and nothing else in it. Pure. */
export function registrationIn(body: unknown): Outcome<RegistrationRequest> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return bad('The body is no JSON object')
  const given = new Map<string, unknown>(Object.entries(body))
  if (given.get('version') !== 2) return bad('version is not 2')
  if (!Number.isSafeInteger(given.get('expiresAt'))) return bad('expiresAt is no time in milliseconds')
  for (const [name, { pattern, optional }] of Object.entries(fields)) {
    const value = given.get(name)
    if (value === undefined && optional) continue
    if (typeof value !== 'string' || !pattern.test(value)) return bad(`${name} is missing or not as it has to be`)
  }
  const known = ['version', 'expiresAt', ...Object.keys(fields)]
  if (![...given.keys()].every((name) => known.includes(name))) return bad('There is a field that a registration does not have')
  // One key must not have several names for itself.
  const key = String(given.get('publicKey'))
  if (Buffer.from(key, 'base64url').toString('base64url') !== key) return bad('publicKey is not in its one form')
  // `as`: every field was looked at above, and there is no other.
  return { ok: body as RegistrationRequest }
}

function bad(problem: string) {
  return refuse('BAD_REQUEST', `${problem}.`)
}
