import { createPublicKey, randomBytes, verify } from 'node:crypto'
import type { Transport } from '../client/transport.ts'
import { CHALLENGE_PATH } from '../protocol/routes.ts'
import { challengeMessage } from '../protocol/signing.ts'
import { keyFingerprint } from '../system/key-fingerprint.ts'
import { remoteErrors } from './errors.ts'

/** Who answered: the gateway that holds this key, and said so just now at the origin that was dialled. */
export interface Proven {
  gatewayId: string
  /** The raw 32 bytes of the Ed25519 key, base64url. */
  publicKey: string
  /** `SHA256:…` over them, as ssh writes it. */
  fingerprint: string
}

/** What came of asking. `unknown-name`: the gateway, if it is one, does not sign for that origin. */
export type Answer =
  | { kind: 'proven'; gateway: Proven }
  | { kind: 'unknown-name' }
  | { kind: 'busy'; status: number }
  | { kind: 'strange'; detail: string }
  | { kind: 'unproven'; detail: string }

/** A signature that is good for longer was not made for this challenge. */
const MAX_LIFETIME_MS = 60_000
/** Of one challenge. */
const TIMEOUT_MS = 10_000

/**
 * Lets whoever answers prove that it holds a gateway's key, before anything else is said to it. The signature covers our nonce and the origin that
 * we dialled, which a gateway signs only for its own names: what passes a challenge on to another gateway gets none (attack A87).
 * Throws what the transport throws.
 */
export async function askWho(transport: Transport, origin: string, signal?: AbortSignal): Promise<Answer> {
  const nonce = randomBytes(32).toString('base64url')
  const reply = await transport({
    method: 'POST',
    path: CHALLENGE_PATH,
    body: { nonce, origin },
    headers: { host: new URL(origin).host },
    timeoutMs: TIMEOUT_MS,
    ...(signal === undefined ? {} : { signal }),
  })
  const { status } = reply
  const body = await jsonOf(reply)
  if (status === 421 && Reflect.get(Object(body), 'code') === 'NOT_MY_ORIGIN') return { kind: 'unknown-name' }
  if (status === 429 || status >= 500) return { kind: 'busy', status }
  if (status !== 200) return { kind: 'strange', detail: `it answered ${status} when it was asked who it is` }
  const read = proofIn(body)
  if (read === null) return { kind: 'strange', detail: 'what it said when it was asked who it is has another form' }
  if (!isProof(read, nonce, origin)) return { kind: 'unproven', detail: 'its signature does not fit' }
  const { gatewayId, publicKey } = read.payload
  return { kind: 'proven', gateway: { gatewayId, publicKey, fingerprint: keyFingerprint(publicKey) } }
}

/** The same where nothing but a proof will do. Throws `FAR_END_STRANGE`, `FAR_END_UNPROVEN`, and what the transport throws. */
export async function prove(transport: Transport, origin: string, signal?: AbortSignal): Promise<Proven> {
  const answer = await askWho(transport, origin, signal)
  if (answer.kind === 'proven') return answer.gateway
  if (answer.kind === 'unproven') throw remoteErrors.FAR_END_UNPROVEN({ detail: answer.detail })
  throw remoteErrors.FAR_END_STRANGE({ detail: detailOf(answer) })
}

/** Why it is no proof, in words. Pure. */
export function detailOf(answer: Exclude<Answer, { kind: 'proven' }>): string {
  if (answer.kind === 'busy') return `it answered ${answer.status} when it was asked who it is`
  return answer.kind === 'unknown-name' ? 'it does not sign for the address that was dialled' : answer.detail
}

interface Proof {
  payload: { gatewayId: string; publicKey: string; nonce: string; origin: string; expiresAt: number }
  signature: string
}

function isProof({ payload, signature }: Proof, nonce: string, origin: string): boolean {
  const left = payload.expiresAt - Date.now()
  if (payload.nonce !== nonce || payload.origin !== origin || left <= 0 || left > MAX_LIFETIME_MS) return false
  const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: payload.publicKey } })
  return verify(null, Buffer.from(challengeMessage(payload)), key, Buffer.from(signature, 'base64url'))
}

async function jsonOf(reply: { json(): Promise<unknown> }): Promise<unknown> {
  try {
    return await reply.json()
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** A reply of the challenge in its form; null for anything else. */
function proofIn(body: unknown): Proof | null {
  const { payload, signature } = Object(body) as { payload?: unknown; signature?: unknown }
  const { gatewayId, publicKey, nonce, origin, expiresAt } = Object(payload) as Record<string, unknown>
  const isText = (value: unknown, form: RegExp): value is string => typeof value === 'string' && form.test(value)
  if (!isText(gatewayId, /^[\w-]{1,100}$/) || !isText(publicKey, /^[\w-]{43}$/) || !isText(nonce, /^[\w-]{32,64}$/)) return null
  if (!isText(origin, /^[!-~]{1,300}$/) || !isText(signature, /^[\w-]{86}$/) || typeof expiresAt !== 'number') return null
  return { payload: { gatewayId, publicKey, nonce, origin, expiresAt }, signature }
}
