import { connect } from 'node:net'
import { once } from 'node:events'
import { beforeAll, describe, expect, it } from 'vitest'
import type { BrokerDiscovery, Registration } from '../../../src/lib/protocol/broker-api.ts'
import { xopc } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { testGateway, type TestGateway } from './gateway.ts'
import { open, type RunningBroker, startApp, startBroker, startFrpc, untilServed, visit } from './house.ts'

needsPeer(['frps', 'frpc'], 'a tunnel that is cut', (frps, frpc) => {
  let broker: RunningBroker
  let discovery: BrokerDiscovery
  let localPort = 0
  beforeAll(async () => {
    ;[broker, { port: localPort }] = await Promise.all([startBroker(frps), startApp()])
    discovery = await broker.discovery()
  })
  const command = async (...args: string[]): Promise<unknown> => {
    const ran = await xopc(['broker', ...args, '--json'], { stateDir: broker.stateDir })
    return JSON.parse(ran.stdout) as unknown
  }

  interface Serving {
    gateway: TestGateway
    lease: Registration
    keyId: string
    /** Resolves with how long it took until a download that ran broke off, milliseconds. */
    broken: Promise<number>
    since: { time: number }
    link: Awaited<ReturnType<typeof startFrpc>>
  }

  /** A bare frpc, which sends no heartbeats to the API, and a download through it. */
  async function serving(): Promise<Serving> {
    const key = (await command('key', 'create', '--dev')) as { id: string; secret: string }
    const gateway = testGateway(broker.url, { secret: key.secret })
    const { body: lease } = await gateway.register()
    const link = await startFrpc(frpc, lease, discovery, { localPort })
    await link.says(/start proxy success/)
    const download = await open(lease.publicUrl, '/slow')
    await once(download, 'data')
    const since = { time: 0 }
    const broken = new Promise<number>((resolve) => download.resume().once('error', () => resolve(Date.now() - since.time)))
    return { gateway, lease, keyId: key.id, broken, since, link }
  }

  it.each<[string, (serving: Serving) => Promise<unknown>, number]>([
    ['its tunnel was revoked', async ({ lease }) => await command('tunnels', 'revoke', lease.subdomain, '--dev'), 3500],
    ['its registration secret was revoked', async ({ keyId }) => await command('key', 'revoke', keyId, '--dev'), 3500],
    ['its name was given back', async ({ gateway, lease }) => await gateway.release(lease), 500],
    ['it was replaced', async ({ gateway, lease }) => await gateway.register({ recoveryToken: lease.tunnelToken }), 500],
  ])('breaks a running download off because %s, and its frpc does not come back', async (_, act, withinMs) => {
    const one = await serving()
    const said = one.link.output().length
    one.since.time = Date.now()
    await act(one)
    expect(await one.broken).toBeLessThan(withinMs)
    await one.link.says(/xopc:auth/, said)
    expect((await visit(one.lease.publicUrl)).status).toBe(404)
  })

  it('is refused to another run while it is connected, also without a heartbeat', async () => {
    const { gateway } = await serving()
    expect((await gateway.register()).body.code).toBe('LEASE_HELD')
  })

  it('is taken over by a second frpc of the same lease without “already exists”', async () => {
    const { lease, link } = await serving()
    const said = link.output().length
    const second = await startFrpc(frpc, lease, discovery, { localPort })
    await second.says(/start proxy success/)
    await link.says(/start proxy success|login to the server/, said)
    for (const each of [link, second]) each.kill('SIGKILL')
    await Promise.all([link.ended, second.ended])
    expect(link.output() + second.output()).not.toContain('already exists')
    const third = await startFrpc(frpc, lease, discovery, { localPort })
    await third.says(/start proxy success/)
    expect(await untilServed(lease.publicUrl)).toMatch(/^hello/)
    expect(third.output()).not.toContain('already exists')
  })

  describe('the port of the tunnels', () => {
    it('cuts who shows no token within ten seconds', async () => {
      const { serverAddr: host, serverPort: port } = discovery.frp
      const socket = connect({ host, port })
      await once(socket, 'connect')
      const since = Date.now()
      await once(socket.resume(), 'close')
      expect(Date.now() - since).toBeGreaterThan(8000)
      expect(Date.now() - since).toBeLessThan(12_000)
    })
  })

  it('is listed with what became of it', async () => {
    const { lease } = await serving()
    await command('tunnels', 'revoke', lease.tunnelId, '--dev')
    const tunnels = (await command('tunnels', 'list', '--dev')) as { subdomain: string; state: string }[]
    expect(tunnels.find(({ subdomain }) => subdomain === lease.subdomain)).toMatchObject({ state: 'revoked', id: lease.tunnelId })
    expect(await command('tunnels', 'revoke', lease.tunnelId, '--dev')).toMatchObject({ error: { code: 'BROKER_TUNNEL_UNKNOWN' } })
    expect(await command('key', 'revoke', 'nobody', '--dev')).toMatchObject({ error: { code: 'BROKER_KEY_UNKNOWN' } })
  })
})
