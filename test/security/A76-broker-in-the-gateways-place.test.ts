import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import { beforeAll, expect, it } from 'vitest'
import { createLaptop, joinDevice, type Laptop } from '../e2e/remote/direct-house.ts'
import { tunnelPeers } from '../e2e/tunnel/house.ts'
import { createTestCa } from '../support/certs.ts'
import { atEnd } from '../support/cleanup.ts'
import { startGateway } from '../support/gateway.ts'
import { needsPeer } from '../support/peers.ts'
import { doorTo } from './doors.ts'
import { JSON_LINE, openTunnelHouse, type TunnelHouse } from './tunnels.ts'

// A broker may stop passing things on, and answer in the gateway's place. It has the name and its certificate, and no key of the gateway: whoever has met
// the gateway before tells it nothing.

/** What the broker heard of one request. */
interface Heard {
  path: string
  headers: IncomingHttpHeaders
  body: string
}

needsPeer(tunnelPeers, 'a broker that answers in the gateway’s place', (frps, frpc) => {
  let house: TunnelHouse
  let laptop: Laptop
  let token: string
  const heard: Heard[] = []
  /** How it answers who asks for a proof. */
  let prove: (body: string) => Promise<{ status: number; body: string }> = async () => ({ status: 200, body: '{"ok":true}' })
  let server: Server

  beforeAll(async () => {
    house = await openTunnelHouse({ programs: [frps, frpc] })
    token = house.gateway.token
    laptop = await createLaptop(await createTestCa(), {}, {})
    const used = await laptop.xopc(['remote', 'use', house.url, '--stdin', '--pin'], { input: token })
    if (used.code !== 0) throw new Error(used.stdout + used.stderr)
    // Its frp server goes, and what comes in its place listens where visitors come.
    house.broker.kill('SIGTERM')
    await house.broker.ended
    server = createServer((req, res) => {
      const answer = async (): Promise<void> => {
        const body = await text(req)
        const path = req.url ?? ''
        // Gateways look themselves whether their address works.
        if (req.headers['user-agent'] !== 'xopc-probe') heard.push({ path, headers: req.headers, body })
        const said = path.endsWith('/challenge')
          ? await prove(body)
          : { status: 200, body: '{"ok":true,"service":"xopc-gateway","scopes":["admin"]}' }
        res.writeHead(said.status, { 'content-type': 'application/json', 'x-xopc-api': '1' }).end(said.body)
      }
      void answer().catch(() => res.destroy())
    }).listen(Number(new URL(house.url).port), '127.0.0.1')
    await once(server, 'listening')
    atEnd(async () => {
      server.closeAllConnections()
      server.close()
    })
  }, 90_000)

  const commands = [
    ['status'],
    ['status', '--pin'],
    ['gateway', 'status'],
    ['gateway', 'stop'],
    ['gateway', 'token', '--generate'],
    ['devices', 'list'],
    ['tunnel', 'stop'],
    ['pair', '--timeout', '3'],
    ['remote', 'use'],
  ]

  async function isToldNothing(): Promise<void> {
    for (const args of commands) {
      const from = heard.length
      const { code, reply } = await laptop.json(args)
      expect([args, code, reply.error?.code]).toEqual([args, 1, 'WRONG_GATEWAY'])
      const since = heard.slice(from)
      expect(since.length).toBeGreaterThan(0)
      expect(since.filter(({ path }) => !path.endsWith('/api/gateway-identity/challenge'))).toEqual([])
      expect(JSON.stringify(since)).not.toContain(token)
      expect(since.filter(({ headers }) => headers.authorization !== undefined || headers['x-xopc-token'] !== undefined)).toEqual([])
    }
  }

  it('with nothing that proves anything: is told nothing', { timeout: 60_000 }, async () => {
    await isToldNothing()
  })

  it('with a proof of a gateway of its own: is told nothing', { timeout: 60_000 }, async () => {
    // It takes the name of the tunnel for its own, and so signs it.
    const own = await startGateway({ config: { gateway: { publicUrl: house.url } } })
    const door = doorTo({ host: '127.0.0.1', port: own.port }, house.visitor.host)
    const proofs: number[] = []
    prove = async (body) => {
      const answer = await door.ask('POST /xopc/api/gateway-identity/challenge', [JSON_LINE], { body })
      proofs.push(answer.status)
      return answer
    }
    await isToldNothing()
    expect(proofs).toContain(200)
  })

  it('with what the real one proves elsewhere: is told nothing', { timeout: 60_000 }, async () => {
    // It may be able to ask at another door, or to replay what it has heard before.
    const asked: string[] = []
    prove = async (body) => {
      const ask = async (sent: string) => await house.local.ask('POST /xopc/api/gateway-identity/challenge', [JSON_LINE], { body: sent })
      const { body: said } = await ask(body.replace(/"origin":"[^"]*"/, `"origin":"http://${house.local.host}"`))
      asked.push(said)
      return { status: 200, body: said }
    }
    await isToldNothing()
    expect(asked[0]).toContain('signature')
    prove = async () => ({ status: 200, body: asked[0] ?? '' })
    await isToldNothing()
  })

  it('a device that joined sends its token as little', async () => {
    // A laptop that knows the gateway by its key, and has a token of its own.
    const device = await joinDevice(house.gateway).catch(() => '')
    const own = device === '' ? 'xopc_dt_0123456789abcdef0123456789abcdef' : device
    const other = await createLaptop(await createTestCa(), { XOPC_GATEWAY_URL: house.url, XOPC_GATEWAY_TOKEN: own }, {})
    for (const known of await laptop.known()) await other.knows(known)
    const from = heard.length
    expect((await other.json(['status'])).reply.error?.code).toBe('WRONG_GATEWAY')
    expect(JSON.stringify(heard.slice(from))).not.toContain(own)
  })
})
