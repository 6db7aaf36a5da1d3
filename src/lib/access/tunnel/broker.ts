import { randomBytes } from 'node:crypto'
import type { XopcError } from '../../errors/error.ts'
import type { Signer } from '../../identity/keypair.ts'
import {
  type BrokerDiscovery,
  DISCOVERY_PATH,
  INSTANCE_HEADER,
  type Registration,
  registrationLifetimeMs,
  registrationMessage,
  type RegistrationRequest,
  SECRET_HEADER,
  TUNNEL_TOKEN_HEADER,
} from '../../protocol/broker-api.ts'
import { fieldsOf } from '../../protocol/fields.ts'
import { cleanText } from '../../protocol/outside-text.ts'
import { challengeMessage } from '../../protocol/signing.ts'
import { hideSecrets, redact } from '../../system/redact.ts'
import { discoveryIn, heartbeatIn, registrationIn } from './answers.ts'
import { type Answer, askBroker, strange } from './ask.ts'
import { tunnelErrors } from './errors.ts'

/** What a gateway says of itself when it asks for a lease. */
export interface Applicant {
  sign: Signer
  version: string
  /** The registration secret. */
  secret: string
  /** `config` or another, for the person whose secret is refused. */
  secretSource: string
  preferredSubdomain: string | undefined
  /** Of the lease of last time. */
  recoveryToken: string | undefined
  now: number
}

/** Which lease, and how it is proven. */
export interface LeaseKey {
  /** Base of the API that gave it. */
  brokerUrl: string
  tunnelId: string
  tunnelToken: string
  /** What else the broker was told in confidence; what it says is shown without that. */
  told?: readonly string[]
}

/** What became of a heartbeat. */
export type Beat =
  | { kind: 'alive'; expiresAt: number; otherInstanceAt: number | null }
  /** The lease is over: register again. */
  | { kind: 'gone' }
  | { kind: 'revoked'; error: XopcError }

/** This run of the gateway, for brokers that tell copies of a state folder apart. */
const instance = randomBytes(16).toString('base64url')

/** What the broker at this address is. Throws as `askBroker`, `TUNNEL_BROKER_BUSY`, `TUNNEL_BROKER_REFUSED`. */
export async function discover(brokerUrl: string, signal: AbortSignal): Promise<BrokerDiscovery> {
  const { origin } = new URL(brokerUrl)
  const answer = await askBroker({ method: 'GET', url: origin + DISCOVERY_PATH }, signal)
  if (answer.status === 200) return discoveryIn(answer.json, brokerUrl)
  if (answer.status === 404) throw strange(origin, `there is nothing at ${DISCOVERY_PATH}`)
  throw refused(answer, origin, [])
}

/**
 * Asks for a lease. Throws as `askBroker`, `TUNNEL_SECRET_REFUSED`, `TUNNEL_AUTH_REVOKED`, `TUNNEL_CLOCK_SKEW`, `TUNNEL_SUBDOMAIN_TAKEN`,
 * `TUNNEL_IDENTITY_IN_USE`, `TUNNEL_BROKER_BUSY`, `TUNNEL_BROKER_REFUSED`.
 */
export async function register(discovery: BrokerDiscovery, applicant: Applicant, signal: AbortSignal): Promise<Registration> {
  const { brokerUrl } = discovery
  const body = requestOf(brokerUrl, applicant)
  const headers = { [SECRET_HEADER]: applicant.secret, [INSTANCE_HEADER]: instance }
  const answer = await askBroker({ method: 'POST', url: `${brokerUrl}/tunnels/register`, headers, body }, signal)
  if (answer.status === 200 || answer.status === 201) return registrationIn(answer.json, discovery)
  throw notRegistered(answer, brokerUrl, applicant)
}

function requestOf(audience: string, { sign, version, preferredSubdomain, recoveryToken, now }: Applicant): RegistrationRequest {
  const facts = {
    gatewayId: sign.gatewayId,
    publicKey: sign.publicKey,
    platform: `${process.platform}-${process.arch}`,
    gatewayVersion: version,
    ...(preferredSubdomain === undefined ? {} : { preferredSubdomain }),
    ...(recoveryToken === undefined ? {} : { recoveryToken }),
    nonce: randomBytes(24).toString('base64url'),
    expiresAt: now + registrationLifetimeMs,
  }
  return { version: 2, ...facts, signature: sign.sign(registrationMessage({ audience, ...facts })) }
}

function notRegistered(answer: Answer, brokerUrl: string, applicant: Applicant): XopcError {
  const { secret, secretSource: source, recoveryToken, preferredSubdomain, now } = applicant
  const broker = new URL(brokerUrl).origin
  const told = recoveryToken === undefined ? [secret] : [secret, recoveryToken]
  const { code } = fieldsOf(answer.json)
  if (answer.status === 401) return tunnelErrors.TUNNEL_SECRET_REFUSED({ broker, source })
  if (answer.status === 403) return tunnelErrors.TUNNEL_AUTH_REVOKED({ broker, reason: reasonIn(answer, told) })
  if (code === 'SUBDOMAIN_TAKEN') return tunnelErrors.TUNNEL_SUBDOMAIN_TAKEN({ subdomain: preferredSubdomain ?? '' })
  if (answer.status === 409) return tunnelErrors.TUNNEL_IDENTITY_IN_USE({ url: `at ${broker}` })
  const skew = answer.date === null ? 0 : now - answer.date
  // Registrations are good for two minutes, so a smaller difference is no reason.
  if (answer.status === 400 && (code === 'CLOCK_SKEW' || Math.abs(skew) > registrationLifetimeMs)) return clockSkew(skew)
  return refused(answer, broker, told)
}

function clockSkew(ms: number): XopcError {
  return tunnelErrors.TUNNEL_CLOCK_SKEW({ minutes: Math.round(Math.abs(ms) / 60_000), direction: ms > 0 ? 'ahead of' : 'behind' })
}

/** Tells the broker that the gateway is there. Throws as `askBroker`, `TUNNEL_BROKER_BUSY`, `TUNNEL_BROKER_REFUSED`: then it is tried again. */
export async function heartbeat(key: LeaseKey, signal: AbortSignal): Promise<Beat> {
  const answer = await askBroker({ method: 'POST', url: pathOf(key, '/heartbeat'), headers: headersOf(key) }, signal)
  const broker = new URL(key.brokerUrl).origin
  if (answer.status === 200) {
    const { expiresAt, otherInstanceAt = null } = heartbeatIn(answer.json, broker)
    return { kind: 'alive', expiresAt, otherInstanceAt }
  }
  // A broker that does not know the lease at all has lost it, or is another one.
  if (answer.status === 410 || answer.status === 404) return { kind: 'gone' }
  if (answer.status === 401 || answer.status === 403)
    return { kind: 'revoked', error: tunnelErrors.TUNNEL_AUTH_REVOKED({ broker, reason: reasonIn(answer, toldTo(key)) }) }
  throw refused(answer, broker, toldTo(key))
}

/** Gives the name back, for ever. Ends well also where the broker knows it as given back, or not at all. Throws as `heartbeat`. */
export async function release(key: LeaseKey, signal: AbortSignal): Promise<void> {
  const answer = await askBroker({ method: 'DELETE', url: pathOf(key), headers: headersOf(key) }, signal)
  if (answer.status < 300 || answer.status === 404 || answer.status === 410) return
  throw refused(answer, new URL(key.brokerUrl).origin, toldTo(key))
}

/** Lets the broker visit the public address as a stranger would, and prove that this gateway answered. Gives the milliseconds it took, or what it met instead. Throws as `heartbeat`. */
export async function lookFromOutside(
  key: LeaseKey & { publicUrl: string },
  sign: Signer,
  signal: AbortSignal,
): Promise<{ ms: number } | { fault: string }> {
  const nonce = randomBytes(24).toString('base64url')
  const answer = await askBroker({ method: 'POST', url: pathOf(key, '/probe'), headers: headersOf(key), body: { nonce } }, signal)
  const broker = new URL(key.brokerUrl).origin
  if (answer.status !== 200) throw refused(answer, broker, toldTo(key))
  const { ok, ms, message, challenge } = fieldsOf(answer.json)
  if (typeof ms !== 'number' || ms < 0) throw strange(broker, 'the answer to a look from outside is none')
  if (ok !== true) return { fault: typeof message === 'string' ? shown(message, toldTo(key)) : 'it does not say what it met' }
  const { payload, signature } = fieldsOf(challenge)
  const { expiresAt } = fieldsOf(payload)
  const facts = { gatewayId: sign.gatewayId, publicKey: sign.publicKey, nonce, origin: key.publicUrl }
  // Ed25519 signs the same text always in the same way, so what this gateway would sign is what it signed.
  const proven = typeof expiresAt === 'number' && sign.sign(challengeMessage({ ...facts, expiresAt })) === signature
  return proven ? { ms: Math.round(ms) } : { fault: 'another gateway answered, or one that is none' }
}

function pathOf({ brokerUrl, tunnelId }: LeaseKey, more = ''): string {
  return `${brokerUrl}/tunnels/${encodeURIComponent(tunnelId)}${more}`
}

function headersOf({ tunnelToken }: LeaseKey): Record<string, string> {
  return { [TUNNEL_TOKEN_HEADER]: tunnelToken, [INSTANCE_HEADER]: instance }
}

function toldTo({ tunnelToken, told = [] }: LeaseKey): string[] {
  return [tunnelToken, ...told]
}

function refused(answer: Answer, broker: string, told: readonly string[]): XopcError {
  const reason = reasonIn(answer, told)
  if (answer.status === 429 || answer.status >= 500)
    return tunnelErrors.TUNNEL_BROKER_BUSY({ broker, reason, seconds: answer.retryAfter ?? 1 })
  return tunnelErrors.TUNNEL_BROKER_REFUSED({ broker, reason })
}

function reasonIn({ status, json }: Answer, told: readonly string[]): string {
  const { error } = fieldsOf(json)
  return typeof error === 'string' && error !== '' ? shown(error, told).replace(/\.$/, '') : `it answered ${status}`
}

/** What a broker says, for people: a secret of the gateway's that it says back would end in logs and replies (attack A77). */
function shown(text: string, told: readonly string[]): string {
  // Cleaned first, so that nothing invisible splits a secret; cut last, so that no part of one is left.
  return cleanText(redact(hideSecrets(cleanText(text, 4000), told)), 200)
}
