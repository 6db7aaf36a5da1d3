import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generateKeyPairSync } from 'node:crypto'
import { atEnd } from '../../support/cleanup.ts'

/** What can stand at the far port instead of a gateway. */
export type FarEnd = 'a web page' | 'a false signature'

/** A server that is no gateway, on a port of loopback; gives the port. */
export async function misbehaving(kind: FarEnd): Promise<number> {
  const server = createServer((req, res) => {
    let body = ''
    req.setEncoding('utf8').on('data', (text: string) => (body += text))
    req.on('end', () => {
      if (kind === 'a web page') return void res.setHeader('content-type', 'text/html').end('<h1>It works</h1>')
      res.setHeader('content-type', 'application/json').end(JSON.stringify(claimFor(body)))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  atEnd(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  // `as`: a server that listens on TCP has an address of this form.
  return (server.address() as AddressInfo).port
}

/** The answer of a gateway but for the signature, which is nobody's. */
function claimFor(body: string): object {
  // `as`: what our own client sends.
  const { nonce, origin } = JSON.parse(body) as { nonce: string; origin: string }
  const { x = '' } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
  const payload = { purpose: 'gateway-route-v1', gatewayId: 'somebody', publicKey: x, nonce, origin, expiresAt: Date.now() + 30_000 }
  return { payload, signature: Buffer.alloc(64, 7).toString('base64url') }
}
