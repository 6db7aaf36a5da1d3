import { createPublicKey, randomBytes, verify } from 'node:crypto'
import { z } from 'zod'
import type { ChallengeReply } from '../../protocol/http-api.ts'
import { cleanText } from '../../protocol/outside-text.ts'
import { withoutDefaultPort } from '../../protocol/authority.ts'
import { challengeMessage } from '../../protocol/signing.ts'
import { CHALLENGE_PATH } from '../../protocol/routes.ts'
import type { Aim } from '../aim.ts'
import type { Arrival, ProbeDesk } from '../desk.ts'
import { remedy } from '../directives.ts'
import { fail, type Judged, pass, subject } from '../judged.ts'
import type { Asked, Line } from '../line.ts'
import { notPassed, obstacleIn, stranger } from '../obstacles.ts'
import { codeIn, jsonOf, kindOf, type Reply } from '../reply.ts'
import { culpritOf } from '../signatures.ts'
import { wallIn } from '../walls.ts'
import { requestFault } from './http.ts'

/** A signature that is good for longer was not made for this challenge. */
const MAX_LIFETIME_MS = 60_000

const challengeReply = z.object({
  payload: z.object({
    purpose: z.literal('gateway-route-v1'),
    gatewayId: z.string().max(100),
    publicKey: z.string().max(100),
    nonce: z.string().max(100),
    origin: z.string().max(300).optional(),
    expiresAt: z.int(),
  }),
  signature: z.string().max(200),
})

/** What a challenge gave. */
export interface IdentitySeen {
  asked: Asked
  /** How our nonce arrived at this gateway, whatever was answered. */
  arrival: Arrival | null
  nonce: string
  now: number
}

/** Sends a fresh nonce to whoever answers. Never throws. */
export async function lookAtIdentity(aim: Aim, line: Line, desk: ProbeDesk, now: () => number, signal: AbortSignal): Promise<IdentitySeen> {
  const nonce = randomBytes(32).toString('base64url')
  const announcement = desk.announce(nonce, aim.origin)
  try {
    const body = JSON.stringify({ nonce, origin: aim.origin })
    const asked = await line.ask({ method: 'POST', path: CHALLENGE_PATH, body }, signal)
    return { asked, arrival: announcement.arrived(), nonce, now: now() }
  } finally {
    announcement.end()
  }
}

/** Whether it was this gateway that answered, at this origin and now. Pure. */
export function judgeIdentity(aim: Aim, desk: Pick<ProbeDesk, 'gatewayId' | 'publicKey'>, seen: IdentitySeen): Judged {
  const { asked, arrival } = seen
  if (asked.trouble !== undefined) return requestFault(aim, CHALLENGE_PATH, asked.trouble)
  const { reply } = asked
  const facts = { status: reply.status, arrived: arrival }
  const refused = refusedPost(reply, aim) ?? obstacleIn(reply, CHALLENGE_PATH, aim)
  if (refused !== null) return refused
  if (reply.status !== 200) return refusal(aim, reply, arrival)
  const read = challengeReply.safeParse(jsonOf(reply))
  // Another answer than ours to a challenge that is known to have arrived here was put in its place.
  if (!read.success) return stranger(reply, CHALLENGE_PATH, kindOf(reply), aim)
  const { payload, signature } = read.data
  const { origin, ...rest } = payload
  return judgeProof(aim, desk, seen, { payload: { ...rest, ...(origin === undefined ? {} : { origin }) }, signature }, reply, facts)
}

/** Rules against POST spare GET, so that they show here first. */
function refusedPost(reply: Reply, aim: Aim): Judged | null {
  const { status } = reply
  const byRule = status === 405 || status === 413 || status === 501 || (status === 403 && wallIn(reply) === null)
  if (!byRule || codeIn(reply) !== null) return null
  const culprit = culpritOf(reply)
  const detail = `${subject(culprit)} refuses POST to the gateway (${status}).`
  return fail('HTTP_ERROR', detail, { culprit, fix: remedy('postRefused', culprit, aim), facts: { path: CHALLENGE_PATH, status } })
}

/** The challenge was answered by a gateway that did not sign. */
function refusal(aim: Aim, reply: Reply, arrival: Arrival | null): Judged {
  const culprit = culpritOf(reply)
  const code = codeIn(reply)
  const facts = { status: reply.status, refusal: code, arrived: arrival }
  if (code === null) return notPassed(aim, CHALLENGE_PATH, reply)
  if (arrival === null) return anotherGateway(aim, 'Another xopc gateway answers there; our challenge did not arrive here.', facts)
  // The gateway did not sign, so every difference is the reason.
  if (withoutDefaultPort(arrival.host, aim.scheme) !== aim.authority) {
    const detail = `${subject(culprit)} rewrites Host: asked for ${aim.authority}, the gateway was asked for ${cleanText(arrival.host, 100)}.`
    return fail('HOST_REWRITTEN', detail, { culprit, fix: remedy('hostRewritten', culprit, aim), facts })
  }
  const detail = `The challenge arrived at this gateway, which does not sign for ${aim.origin} when it comes this way.`
  const fix = {
    title: 'Use a name of its own: a loopback address means another computer on every device',
    command: 'xopc proxy set https://gateway.example.com',
  }
  return fail('HTTP_ERROR', detail, { culprit, fix, facts })
}

function anotherGateway(aim: Aim, detail: string, facts: Record<string, unknown>): Judged {
  const fix = { title: `Lead ${aim.authority} to this gateway; its address is in`, command: 'xopc gateway status' }
  return fail('WRONG_GATEWAY', detail, { fix, facts })
}

function judgeProof(
  aim: Aim,
  desk: Pick<ProbeDesk, 'gatewayId' | 'publicKey'>,
  { arrival, nonce, now }: IdentitySeen,
  { payload, signature }: ChallengeReply,
  reply: Reply,
  facts: Record<string, unknown>,
): Judged {
  const culprit = culpritOf(reply)
  const told = { ...facts, gatewayId: shownId(payload.gatewayId) }
  if (payload.nonce !== nonce) {
    const detail = `${subject(culprit)} answers with a recorded reply: it signs another challenge than the one that was just sent.`
    return fail('WRONG_GATEWAY', detail, { culprit, fix: remedy('cached', culprit, aim), facts: told })
  }
  if (!isSigned(payload, signature)) return anotherGateway(aim, 'What answers claims to be a gateway and cannot sign for it.', told)
  if (payload.publicKey !== desk.publicKey || payload.gatewayId !== desk.gatewayId) {
    return anotherGateway(
      aim,
      `Another xopc gateway answers there (${shortId(payload.gatewayId)}), not this one (${shortId(desk.gatewayId)}).`,
      told,
    )
  }
  if (payload.origin !== aim.origin)
    return anotherGateway(aim, 'The answer was signed for another address than the one that was asked.', told)
  if (payload.expiresAt <= now || payload.expiresAt > now + MAX_LIFETIME_MS) {
    return anotherGateway(aim, 'The answer is signed for another time than now: it was recorded, or a clock jumped.', told)
  }
  if (arrival === null) {
    const detail = 'A second gateway with a copy of this one’s identity answers there; our challenge did not arrive here.'
    const fix = { title: 'Stop the other one, or give it an identity of its own by removing identity.json from its state folder' }
    return fail('WRONG_GATEWAY', detail, { fix, facts: told })
  }
  return pass(`It is this gateway (${shortId(desk.gatewayId)}): it signed a fresh challenge for ${aim.origin}.`, {
    ...told,
    ingress: arrival.ingress,
  })
}

function isSigned(payload: ChallengeReply['payload'], signature: string): boolean {
  try {
    const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: payload.publicKey } })
    return verify(null, Buffer.from(challengeMessage(payload)), key, Buffer.from(signature, 'base64url'))
  } catch (error) {
    // What is no key signs nothing.
    if (error instanceof Error && 'code' in error) return false
    throw error
  }
}

/** Enough of an id to tell two apart. */
function shortId(id: string): string {
  return `${shownId(id).slice(0, 8)}…`
}

/** An id as gateways have them; anything else is text of a stranger, and not shown. */
function shownId(id: string): string {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? id : 'unknown'
}
