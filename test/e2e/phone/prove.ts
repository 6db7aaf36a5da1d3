import { createPublicKey, randomBytes, verify } from 'node:crypto'
import { isRecord, jsonOf, type Line } from './line.ts'

/** Who the gateway is, as it was when the phone joined. */
export interface Pinned {
  gatewayId: string
  publicKey: string
}

/** Null where the gateway of the pinned key signed this origin and this nonce; else what is wrong. Nothing secret is sent. */
export async function proveOver(line: Line, origin: string, pinned: Pinned): Promise<string | null> {
  const nonce = randomBytes(24).toString('base64url')
  const reply = await line.send('POST', '/api/gateway-identity/challenge', { body: { nonce, origin } })
  const json = await jsonOf(reply)
  if (reply.statusCode !== 200) return `status ${reply.statusCode}`
  if (!isRecord(json) || !isRecord(json['payload'])) return 'is no gateway'
  const { gatewayId, publicKey, expiresAt, nonce: signed, origin: named } = json['payload']
  if (gatewayId !== pinned.gatewayId || publicKey !== pinned.publicKey) return 'is another gateway'
  const fresh = signed === nonce && named === origin && Number(expiresAt) > Date.now()
  const text = JSON.stringify(['xopc-gateway-route-v1', gatewayId, publicKey, nonce, origin, expiresAt])
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: pinned.publicKey }, format: 'jwk' })
  const proven = verify(null, Buffer.from(text), key, Buffer.from(String(json['signature']), 'base64url'))
  return fresh && proven ? null : 'did not prove itself'
}
