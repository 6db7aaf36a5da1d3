import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, it } from 'vitest'
import type { PairingCode } from '../../../src/lib/protocol/pairing-api.ts'
import { readAppLink } from '../../../src/lib/protocol/pairing-link.ts'
import type { RunningGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { millisecondsUntil, startTunnel, tunnelOf, untilVerified, untilView, viewOf } from './house.ts'
import { frozenFor, publicPeers, type PublicWorld, startPublicWorld } from './public-world.ts'

const megabytes = 200

needsPeer(publicPeers, 'a broker on a public host, a gateway at home and a phone elsewhere', () => {
  let world: PublicWorld = undefined as never
  let gateway: RunningGateway = undefined as never
  let token = ''
  beforeAll(async () => {
    world = await startPublicWorld()
    gateway = await world.startGateway()
  }, 60_000)

  it(
    'the first start waits for the certificate, says so with its seconds, and is connected when it is there',
    { timeout: 90_000 },
    async () => {
      const held = frozenFor(world.authority, 20_000)
      const started = gateway.xopc(['tunnel', 'start'], { timeoutMs: 80_000 })
      await sleep(8000)
      const { startProgress, state } = await tunnelOf(gateway)
      expect([state, startProgress?.phase]).toEqual(['connecting', 'verifying'])
      expect(Date.now() - Date.parse(startProgress?.startedAt ?? '')).toBeGreaterThan(5000)
      await held
      const ran = await started
      expect([ran.code, ran.stderr, ran.stdout]).toEqual([
        0,
        expect.stringMatching(/✓ visiting https:\/\/home1234\S* \(\d\d\.\d s\)/),
        expect.stringContaining(world.url),
      ])
      expect(await tunnelOf(gateway)).toMatchObject({ state: 'connected', publicUrl: world.url, startProgress: null })
    },
  )

  it('the broker has seen it from outside, and the overview says so', async () => {
    await untilView(gateway, { state: { verified: { vantage: 'outside', outside: { ok: true, by: 'frp.example.test' } } } }, 20_000)
    expect((await gateway.xopc(['status'])).stdout).toContain('from outside')
  })

  it('a phone joins by the code of xopc tunnel qr, and its token works there', async () => {
    const shown = await gateway.xopc(['tunnel', 'qr', '--timeout', '0', '--json'])
    const { links }: PairingCode = JSON.parse(shown.stdout)
    const link = readAppLink(links?.app ?? '')
    expect(link).toMatchObject({ baseUrl: world.url })
    const joined = await world.join(link?.secret ?? '')
    expect(joined).toMatchObject({ status: 200 })
    const reply: { token: string; connectUrls: string[] } = JSON.parse(String(joined['body']))
    expect(reply).toMatchObject({ baseUrl: world.url, connectUrls: [world.url] })
    token = reply.token
    expect(await world.visit('fetch', `${world.url}/json`, { headers: { authorization: `Bearer ${token}` } })).toMatchObject({
      status: 200,
    })
    expect(await world.visit('fetch', `${world.url}/json`)).toMatchObject({ status: 401 })
    const listed: { lastIp: string; lastIngress: string }[] = JSON.parse((await gateway.xopc(['devices', 'list', '--json'])).stdout)
    const { lastIp, lastIngress } = listed[0] ?? {}
    expect([lastIp, lastIngress]).toEqual([world.computers.visitor.address, 'tunnel'])
  })

  it('events come one by one, a WebSocket echoes, and 200 MB are uploaded', { timeout: 90_000 }, async () => {
    const headers = { authorization: `Bearer ${token}` }
    const { gaps } = (await world.visit('sse', `${world.url}/events?count=6&every=300`, { headers, count: 5 })) as { gaps: number[] }
    expect(gaps).toHaveLength(4)
    for (const gap of gaps) expect(gap).toBeGreaterThan(150)
    expect(await world.visit('ws', `${world.url}/ws`, { headers })).toEqual({ said: 'hello' })
    const uploaded = await world.visit('upload', `${world.url}/upload`, { method: 'POST', headers, bytes: megabytes * 1_000_000 }, 80_000)
    expect(uploaded).toMatchObject({ status: 200, body: expect.stringContaining(`"bytes":${megabytes * 1_000_000}`) })
  })

  it('the whole test of xopc passes through it, by https', async () => {
    const ran = await gateway.xopc(['proxy', 'test', world.url])
    expect([ran.code, ran.stdout + ran.stderr]).toEqual([0, expect.stringContaining(`Works: ${world.url}`)])
  })

  it('a name that nobody has gets no certificate and no answer', async () => {
    await expect(world.visit('fetch', 'https://nobody12.frp.example.test/')).rejects.toThrow()
    expect(await world.visit('fetch', 'https://frp.example.test/metrics')).toMatchObject({ status: 404 })
    expect(await world.visit('fetch', 'https://frp.example.test/edge/allow?domain=home1234.frp.example.test')).toMatchObject({
      status: 404,
    })
  })

  it('a cable that is cut for a minute: named while it lasts, verified within 10 s after it is back', { timeout: 150_000 }, async () => {
    await untilVerified(gateway)
    await world.computers.gateway.cable('down')
    await untilView(gateway, { state: { phase: 'degraded' } }, 50_000)
    await sleep(60_000)
    expect(await viewOf(gateway)).toMatchObject({ state: { phase: 'degraded', error: { code: expect.stringMatching(/^TUNNEL_SERVER_/) } } })
    await world.computers.gateway.cable('up')
    const isVerified = async (): Promise<boolean> => {
      const { state } = await viewOf(gateway)
      return state.phase === 'on' && state.verified !== null
    }
    expect(await millisecondsUntil(isVerified, 20_000)).toBeLessThan(10_000)
  })

  it('a restart of the gateway has the same address', { timeout: 60_000 }, async () => {
    await gateway.stop()
    gateway = await world.startGateway({ stateDir: gateway.stateDir })
    expect(await startTunnel(gateway)).toBe(world.url)
  })

  it('a key that is revoked ends the tunnel and what runs through it within 30 s', { timeout: 90_000 }, async () => {
    const download = world.visit(
      'sse',
      `${world.url}/events?count=0&every=100`,
      { headers: { authorization: `Bearer ${token}` }, count: 1_000_000 },
      60_000,
    )
    await sleep(2000)
    const keys: { id: string }[] = JSON.parse((await world.brokerCli(['key', 'list', '--json'])).stdout)
    const begin = performance.now()
    expect((await world.brokerCli(['key', 'revoke', keys[0]?.id ?? ''])).code).toBe(0)
    await download.then(
      ({ status }) => expect(status).toBe(200),
      () => undefined,
    )
    expect(performance.now() - begin).toBeLessThan(30_000)
    await untilView(gateway, { state: { phase: 'blocked', needs: { code: 'TUNNEL_AUTH_REVOKED' } } }, 30_000)
    const ran = await gateway.xopc(['tunnel', 'start'], { timeoutMs: 60_000 })
    expect([ran.code, ran.stdout]).toEqual([1, expect.stringContaining('lets this gateway in no more')])
  })
})
