import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { leaseGrammar, type OutsideProbeReply, type OutsideProbeRequest } from '../protocol/broker-api.ts'
import { systemTrust } from '../system/trust.ts'

/** How long it may take, and how much is read of what answers. */
const LIMIT_MS = 5000
const MOST = 16 * 1024
/** Nonces of identity challenges; those of registrations are among them. */
const NONCE = /^[\w-]{32,64}$/

/** The nonce of a request for a probe; null where there is none. Pure. */
export function nonceIn(body: unknown): OutsideProbeRequest['nonce'] | null {
  if (typeof body !== 'object' || body === null || !('nonce' in body) || Object.keys(body).length !== 1) return null
  return typeof body.nonce === 'string' && NONCE.test(body.nonce) ? body.nonce : null
}

/** Asks a public address for a proof of identity, as a visitor would. Redirects are not followed. Never rejects. */
export async function probeFromOutside(publicUrl: string, nonce: string): Promise<OutsideProbeReply> {
  const since = performance.now()
  const ms = (): number => Math.round(performance.now() - since)
  try {
    const { status, text } = await ask(publicUrl, JSON.stringify({ nonce, origin: publicUrl }))
    const challenge = status === 200 ? challengeIn(text) : null
    if (challenge !== null) return { ok: true, ms: ms(), challenge }
    const message = status === 200 ? 'What answers there is no xopc gateway.' : `It answers with ${status}.`
    return { ok: false, ms: ms(), status, message }
  } catch (error) {
    return { ok: false, ms: ms(), status: null, message: reasonOf(error) }
  }
}

async function ask(publicUrl: string, body: string): Promise<{ status: number; text: string }> {
  const url = new URL('/api/gateway-identity/challenge', publicUrl)
  const reply = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), host: url.host }
    const common = { method: 'POST', agent: false, signal: AbortSignal.timeout(LIMIT_MS), headers }
    // *.localhost is this computer for everybody (RFC 6761), and not every resolver knows.
    const options = url.hostname.endsWith('.localhost') ? { ...common, hostname: '127.0.0.1' } : common
    // Handed on to tls.connect, which the types of https do not know.
    const secure = { ...options, secureContext: url.protocol === 'https:' ? systemTrust() : undefined }
    const sent = url.protocol === 'https:' ? requestHttps(url, secure, resolve) : requestHttp(url, options, resolve)
    sent.once('error', reject)
    sent.end(body)
  })
  return { status: reply.statusCode ?? 0, text: await textOf(reply) }
}

/** Throws where it is too long. */
async function textOf(reply: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of reply) {
    // `as`: without setEncoding every piece is a Buffer.
    const bytes = piece as Buffer
    size += bytes.length
    if (size > MOST) throw new Error('the answer is too long')
    pieces.push(bytes)
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** Only its shape is looked at: whoever asked knows the key and judges it. */
function challengeIn(text: string): { payload: Record<string, unknown>; signature: string } | null {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('payload' in value) || !('signature' in value)) return null
    const { payload, signature } = value
    if (typeof payload !== 'object' || payload === null || typeof signature !== 'string' || !leaseGrammar.token.test(signature)) return null
    return { payload: { ...payload }, signature }
  } catch {
    // No JSON: nothing of ours.
    return null
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name leads nowhere',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was reset',
  ABORT_ERR: `it did not answer within ${LIMIT_MS / 1000} s`,
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return `From the broker it cannot be reached: ${reasons[code] ?? (code || String(error))}.`
}
