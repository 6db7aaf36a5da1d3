import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import type { OutsideProbeReply } from '../../../src/lib/protocol/broker-api.ts'
import { atEnd } from '../../support/cleanup.ts'
import { ask } from '../../e2e/broker/gateway.ts'
import { deadPort, openHouse } from './house.ts'

const nonce = 'n'.repeat(32)
const challenge = { payload: { nonce }, signature: 'abc' }

/** What stands at the public address, and a broker that leads there. */
async function probed(answer: RequestListener | null, body: unknown = { nonce }) {
  const server = createServer(answer ?? undefined)
  const port = answer === null ? await deadPort() : await listening(server)
  const house = await openHouse({}, { publicUrl: (name) => `http://${name}.localhost:${port}` })
  const { body: lease } = await house.gateway().register()
  const url = `${house.url}/tunnels/${lease.tunnelId}/probe`
  const headers = { 'x-tunnel-token': lease.tunnelToken }
  return { reply: await ask<OutsideProbeReply>(url, { method: 'POST', headers, body: JSON.stringify(body) }), lease, url }
}

async function listening(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  atEnd(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}

it('gives back what the gateway signed for its own address', async () => {
  let asked = ''
  const { reply, lease } = await probed((req, res) => {
    asked = `${req.method} ${req.url} ${req.headers.host} `
    req.setEncoding('utf8').on('data', (text: string) => (asked += text))
    req.once('end', () => res.end(JSON.stringify(challenge)))
  })
  expect(reply).toMatchObject({ status: 200, body: { ok: true, ms: expect.any(Number), challenge } })
  const { host } = new URL(lease.publicUrl)
  expect(asked).toBe(`POST /api/gateway-identity/challenge ${host} ${JSON.stringify({ nonce, origin: lease.publicUrl })}`)
})

it.each<[string, RequestListener | null, number | null, RegExp]>([
  ['nothing', null, null, /nothing listens/],
  ['a redirect, which is not followed', (_, res) => res.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(), 302, /302/],
  ['an error', (_, res) => res.writeHead(502).end('bad'), 502, /502/],
  ['something else', (_, res) => res.end('<html>'), 200, /no xopc gateway/],
  ['JSON of something else', (_, res) => res.end('{"payload":1,"signature":2}'), 200, /no xopc gateway/],
  ['too much', (_, res) => res.end('x'.repeat(20_000)), null, /too long/],
])('says what it saw where there is %s', async (_, answer, status, message) => {
  const { reply } = await probed(answer)
  expect(reply.body).toMatchObject({ ok: false, status, message: expect.stringMatching(message) })
})

it('ends where nothing is answered', async () => {
  const { reply } = await probed(() => {})
  expect(reply.body).toMatchObject({ ok: false, status: null, message: expect.stringContaining('within 5 s') })
})

it.each([[{}], [{ nonce: 'short' }], [{ nonce, origin: 'http://evil.test' }], [[]], ['x']])(
  'takes nothing but a nonce: %j',
  async (body) => {
    const { reply } = await probed((_, res) => res.end(JSON.stringify(challenge)), body)
    expect(reply).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST' } })
  },
)

it('wants the token of the tunnel', async () => {
  const { url } = await probed((_, res) => res.end(JSON.stringify(challenge)))
  expect(await ask(url, { method: 'POST', body: JSON.stringify({ nonce }) })).toMatchObject({ status: 401 })
})
