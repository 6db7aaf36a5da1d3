import { randomBytes } from 'node:crypto'
import { NONCE_HEADER, type SeenRequest } from '../../protocol/probe-api.ts'
import type { Aim } from '../aim.ts'
import type { ProbeDesk } from '../desk.ts'
import { remedy } from '../directives.ts'
import { fail, type Judged, pass, skip, subject, warn } from '../judged.ts'
import type { Asked, Line } from '../line.ts'
import { foreignCredential, notPassed, obstacleIn } from '../obstacles.ts'
import { codeIn, jsonOf, type Reply } from '../reply.ts'
import { REQUEST_PATH, seenRequestIn } from '../seen-request.ts'
import { culpritByHints, culpritOf, firstKnown } from '../signatures.ts'
import { requestFault } from './http.ts'

/** One request to the gateway's own eye. */
export interface Look {
  nonce: string
  asked: Asked
}

/** The same request with a credential and without. */
export interface AuthSeen {
  withTicket: Look
  /** Null where the first got no answer. */
  without: Look | null
}

/** Asks with a fresh ticket first, so that whatever keeps replies shows with the second. Never throws. */
export async function lookAtAuth(line: Line, desk: ProbeDesk, signal: AbortSignal): Promise<AuthSeen> {
  const withTicket = await lookAtRequest(line, signal, { Authorization: `Bearer ${desk.ticket()}` })
  return { withTicket, without: withTicket.asked.reply === undefined ? null : await lookAtRequest(line, signal) }
}

/** Asks the gateway what it sees of a request. */
export async function lookAtRequest(line: Line, signal: AbortSignal, headers: Record<string, string> = {}): Promise<Look> {
  const nonce = randomBytes(32).toString('base64url')
  return { nonce, asked: await line.ask({ path: REQUEST_PATH, headers: { ...headers, [NONCE_HEADER]: nonce } }, signal) }
}

/** What the gateway said to a look; null where it was not the gateway, or not about this request. */
export function seenIn({ asked, nonce }: Look): SeenRequest | null {
  return asked.reply === undefined ? null : seenRequestIn(asked.reply, nonce)
}

/** Whether a credential gets through, and nobody gets in without one. Pure. */
export function judgeAuth(aim: Aim, { withTicket, without }: AuthSeen): Judged {
  const bad = judgeWith(aim, withTicket)
  if (bad !== null) return bad
  const seen = seenIn(withTicket)
  if (seen === null || without === null) return skip('Not looked at: there was no answer to judge.')
  return judgeWithout(aim, without, seen)
}

function judgeWith(aim: Aim, look: Look): Judged | null {
  if (look.asked.trouble !== undefined) return requestFault(aim, REQUEST_PATH, look.asked.trouble)
  const { reply } = look.asked
  if (seenIn(look) !== null) return null
  const lost = lostCredential(aim, REQUEST_PATH, reply)
  if (lost !== null) return lost
  if (reply.status === 200 && jsonOf(reply) !== undefined) return cached(aim, reply)
  return obstacleIn(reply, REQUEST_PATH, aim) ?? notPassed(aim, REQUEST_PATH, reply)
}

/** Answers of the gateway to a request whose credential did not arrive. */
const missing = new Set(['missing_token', 'auth_unconfigured', 'UNKNOWN_HOST', 'invalid_proxy_credentials', 'AUTH_NONE_LOCAL_ONLY'])

/** A ticket is fresh and good for one request, so what the gateway refuses is not what was sent. Null where it was not that. Pure. */
export function lostCredential(aim: Aim, path: string, reply: Reply): Judged | null {
  const code = codeIn(reply)
  if (code === null || !missing.has(code)) return foreignCredential(aim, path, reply)
  const culprit = culpritOf(reply)
  const facts = { path, status: reply.status, refusal: code }
  const detail = `${subject(culprit)} does not hand the header Authorization on: the gateway answered ${code} to a fresh credential.`
  return fail('AUTHORIZATION_STRIPPED', detail, { culprit, fix: remedy('noAuthorization', culprit, aim), facts })
}

function cached(aim: Aim, reply: Reply): Judged {
  const culprit = culpritOf(reply)
  const facts = { path: REQUEST_PATH, status: reply.status, age: reply.headers.get('age')?.[0]?.slice(0, 20) ?? null }
  const detail = `${subject(culprit)} answers from a cache: what came back was for another request than the one that was sent.`
  return fail('HTTP_ERROR', detail, { culprit, fix: remedy('cached', culprit, aim), facts })
}

function judgeWithout(aim: Aim, look: Look, seen: SeenRequest): Judged {
  const ingress = { ingress: seen.ingress }
  if (look.asked.trouble !== undefined) return requestFault(aim, REQUEST_PATH, look.asked.trouble)
  const { reply } = look.asked
  const code = codeIn(reply)
  const facts = { ...ingress, refusal: code, status: reply.status }
  if (code !== null && missing.has(code)) return pass('The gateway takes a credential from here, and refuses who has none.', facts)
  if (code === 'SCOPE_MISSING') {
    return pass('The gateway takes a credential from here; who has none comes as a user whom the proxy vouches for.', facts)
  }
  const culprit = firstKnown(culpritOf(reply), culpritByHints(seen.hints))
  // A page in place of the refusal is whoever's it is; an answer of the gateway's kind was kept.
  if (reply.status === 200 && jsonOf(reply) !== undefined) {
    if (seenIn(look) === null) return cached(aim, reply)
    const detail = `${subject(culprit)} adds a credential of the gateway to requests that have none: whoever calls is let in.`
    const fix = { title: 'Take out the line by which the proxy sets Authorization, X-Xopc-Token or X-Api-Key' }
    return fail('HTTP_ERROR', detail, { culprit, fix, facts })
  }
  const obstacle = foreignCredential(aim, REQUEST_PATH, reply) ?? obstacleIn(reply, REQUEST_PATH, aim)
  if (obstacle?.code === 'AUTH_BLOCKED') {
    const detail = `A credential of the gateway gets through, but who has none is stopped before the gateway: ${lowered(obstacle.detail)}`
    return warn('AUTH_BLOCKED', detail, {
      ...(obstacle.culprit === undefined ? {} : { culprit: obstacle.culprit }),
      fix: obstacle.fix,
      facts,
    })
  }
  return obstacle ?? notPassed(aim, REQUEST_PATH, reply)
}

/** The sentence as the second half of another; a program's own name keeps its capital. */
function lowered(sentence: string): string {
  return sentence.replace(/^(An|A) /, (article) => article.toLowerCase())
}
