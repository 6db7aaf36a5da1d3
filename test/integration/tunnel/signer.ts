import { createPrivateKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import type { Signer } from '../../../src/lib/identity/keypair.ts'

/** A gateway's key that is made for one test. */
export function testSigner(): Signer {
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  const key = createPrivateKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x, d } })
  return {
    gatewayId: randomUUID(),
    publicKey: x,
    fingerprint: 'SHA256:test',
    sign: (message) => sign(null, Buffer.from(message), key).toString('base64url'),
  }
}
