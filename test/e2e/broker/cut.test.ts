import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
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
  async function serving(heartbeatS = 5): Promise<Serving> {
    const key = (await command('key', 'create', '--dev')) as { id: string; secret: string }
    const gateway = testGateway(broker.url, { secret: key.secret })
    const { body: lease } = await gateway.register()
    const link = await startFrpc(frpc, lease, discovery, { localPort, heartbeatS })
    await link.says(/start proxy success/)
    const download = await open(lease.publicUrl, '/slow')
    await once(download, 'data')
    const since = { time: 0 }
    const broken = new Promise<number>((resolve) => download.resume().once('error', () => resolve(Date.now() - since.time)))
    return { gateway, lease, keyId: key.id, broken, since, link }
  }

  const ways: [string, (serving: Serving) => Promise<unknown>][] = [
    ['its tunnel was revoked', async ({ lease }) => await command('tunnels', 'revoke', lease.subdomain, '--dev')],
    ['its registration secret was revoked', async ({ keyId }) => await command('key', 'revoke', keyId, '--dev')],
    ['its name was given back', async ({ gateway, lease }) => await gateway.release(lease)],
    ['it was replaced', async ({ gateway, lease }) => await gateway.register({ recoveryToken: lease.tunnelToken })],
  ]

  describe.each([
    // The next ping comes within 5 s, and the broker looks once a second.
    ['with heartbeats', 5, 9000],
    // frps waits 20 s for them, and looks once a second.
    ['without heartbeats', -1, 24_000],
  ])('of an frpc %s', (_, heartbeatS, withinMs) => {
    it.concurrent.each(ways)(
      'breaks a running download off because %s, and its frpc does not come back',
      async (_way, act) => {
        const one = await serving(heartbeatS)
        const said = one.link.output().length
        one.since.time = Date.now()
        await act(one)
        expect(await one.broken).toBeLessThan(withinMs)
        await one.link.says(/xopc:auth/, said)
        expect((await visit(one.lease.publicUrl)).status).toBe(404)
      },
      60_000,
    )
  })

  it('comes back by itself after frps has thrown it out for want of heartbeats', async () => {
    const { link, broken } = await serving(-1)
    const said = link.output().length
    await broken
    await link.says(/start proxy success/, said)
    expect(link.output()).not.toMatch(/already exists|xopc:/)
  }, 60_000)

  it('is refused to another run while it is connected, also without a heartbeat', async () => {
    const { gateway } = await serving()
    expect((await gateway.register()).body.code).toBe('LEASE_HELD')
  })

  it('stays with the frpc that has it, and goes over to another one as soon as that is gone', async () => {
    const { lease, link } = await serving()
    const second = await startFrpc(frpc, lease, discovery, { localPort })
    await second.says(/xopc:busy/)
    expect(await untilServed(lease.publicUrl)).toMatch(/^hello/)
    const third = await startFrpc(frpc, lease, discovery, { localPort })
    await third.says(/login to server success/)
    link.kill('SIGKILL')
    await third.says(/start proxy success/)
    expect(await untilServed(lease.publicUrl)).toMatch(/^hello/)
    expect(second.output() + third.output()).not.toContain('already exists')
  }, 60_000)

  it('goes over to another frpc of a newer lease as soon as the older one is told', async () => {
    const { gateway, lease, link } = await serving()
    const { body: newer } = await gateway.register({ recoveryToken: lease.tunnelToken })
    const second = await startFrpc(frpc, newer, discovery, { localPort })
    await second.says(/start proxy success/)
    await link.says(/xopc:auth/)
    expect(await untilServed(lease.publicUrl)).toMatch(/^hello/)
    expect(second.output()).not.toMatch(/already exists|xopc:/)
  })

  it('is listed with what became of it', async () => {
    const { lease } = await serving()
    await command('tunnels', 'revoke', lease.tunnelId, '--dev')
    const tunnels = (await command('tunnels', 'list', '--dev')) as { subdomain: string; state: string }[]
    expect(tunnels.find(({ subdomain }) => subdomain === lease.subdomain)).toMatchObject({ state: 'revoked', id: lease.tunnelId })
    expect(await command('tunnels', 'revoke', lease.tunnelId, '--dev')).toMatchObject({ error: { code: 'BROKER_TUNNEL_UNKNOWN' } })
    expect(await command('key', 'revoke', 'nobody', '--dev')).toMatchObject({ error: { code: 'BROKER_KEY_UNKNOWN' } })
  })

  it('leaves what people did in the audit log, also what was done beside the broker', async () => {
    const { keyId, lease } = await serving()
    await command('key', 'revoke', keyId, '--dev')
    const text = async () => await readFile(join(broker.stateDir, 'broker-dev/audit.log'), 'utf8')
    await expect.poll(text, { timeout: 3000 }).toMatch(new RegExp(`TunnelAudit.revoked.*${lease.subdomain}`))
    for (const event of ['keyCreated', 'keyRevoked']) expect(await text()).toMatch(new RegExp(`TunnelAudit.${event}","key":"${keyId}"`))
  })
})
