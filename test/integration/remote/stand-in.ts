import { generateKeyPairSync, sign } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { challengeMessage } from '../../../src/lib/protocol/signing.ts'
import { type MisbehavingHttp, onRequests } from '../../support/misbehaving.ts'

/** A key that answers challenges as a gateway does. */
export interface StandIn {
  publicKey: string
  /** The reply to a challenge; what is in `over` is claimed instead, and `signed` is what the signature is over besides. */
  prove(challenge: Challenge, over?: Partial<Payload>, signed?: Partial<Payload>): { payload: Payload; signature: string }
}

/** What a client asks. */
export interface Challenge {
  nonce: string
  origin: string
}

/** What a gateway claims. */
export interface Payload extends Challenge {
  purpose: string
  gatewayId: string
  publicKey: string
  expiresAt: number
}

/** Makes a key. */
export function createStandIn(gatewayId = 'stand-in'): StandIn {
  const keys = generateKeyPairSync('ed25519')
  const { x: publicKey = '' } = keys.publicKey.export({ format: 'jwk' })
  return {
    publicKey,
    prove({ nonce, origin }, over = {}, signed = {}) {
      const payload = { purpose: 'gateway-route-v1', gatewayId, publicKey, nonce, origin, expiresAt: Date.now() + 30_000, ...over }
      const signature = sign(null, Buffer.from(challengeMessage({ ...payload, ...signed })), keys.privateKey)
      return { payload, signature: signature.toString('base64url') }
    },
  }
}

/** A request to a server of a test: on which connection it came (0 first), and its challenge where it is one. */
export interface Asked {
  connection: number
  challenge: Challenge | null
  path: string
}

/** A server that answers as `answer` says; it hears everything, bodies included. */
export async function startServer(
  answer: (asked: Asked, res: ServerResponse, req: IncomingMessage) => void,
): Promise<MisbehavingHttp & { bodies: string[] }> {
  const connections: unknown[] = []
  const bodies: string[] = []
  const server = await onRequests({}, () => (req, res) => {
    if (!connections.includes(req.socket)) connections.push(req.socket)
    const connection = connections.indexOf(req.socket)
    let body = ''
    req.setEncoding('utf8').on('data', (text: string) => (body += text))
    req.on('end', () => {
      bodies.push(body)
      const path = req.url ?? ''
      // `as`: what our own client sends there.
      const challenge = path.endsWith('/challenge') ? (JSON.parse(body) as Challenge) : null
      answer({ connection, challenge, path }, res, req)
    })
  })
  return { ...server, bodies }
}

/** Answers with JSON. */
export function json(res: ServerResponse, value: unknown, status = 200, headers: Record<string, string> = {}): void {
  res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
}
