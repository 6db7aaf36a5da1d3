import { generateKeyPairSync, sign } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { CHALLENGE_PATH } from '../../../src/lib/protocol/routes.ts'
import { challengeMessage } from '../../../src/lib/protocol/signing.ts'
import { type MisbehavingHttp, onRequests } from '../../support/misbehaving.ts'

/** Somebody else's gateway: it has a key of its own, signs properly with it, and answers everything else with what a gateway might. */
export async function startFakeGateway(): Promise<MisbehavingHttp> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { x = '' } = publicKey.export({ format: 'jwk' })
  const proofFor = (body: string): object => {
    // `as`: what our own client sends.
    const { nonce, origin } = JSON.parse(body) as { nonce: string; origin: string }
    const facts = { gatewayId: 'somebody-else', publicKey: x, nonce, origin, expiresAt: Date.now() + 30_000 }
    const signature = sign(null, Buffer.from(challengeMessage(facts)), privateKey).toString('base64url')
    return { payload: { purpose: 'gateway-route-v1', ...facts }, signature }
  }
  return await onRequests({}, () => (req, res) => {
    void text(req).then((body) => {
      const reply = req.url === CHALLENGE_PATH ? proofFor(body) : { running: true, gatewayId: 'somebody-else', methods: [] }
      res.writeHead(200, { 'content-type': 'application/json', 'x-xopc-api': '1' }).end(JSON.stringify(reply))
    })
  })
}
