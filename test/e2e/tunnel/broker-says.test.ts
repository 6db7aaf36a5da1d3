import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { needsPeer } from '../../support/peers.ts'
import { type RunningBroker, startBroker } from '../broker/house.ts'
import { millisecondsUntil, startTunnel, tunnelGateway, tunnelOf, tunnelPeers, untilVerified, untilView, viewOf, visit } from './house.ts'
import { startBrokerRelay } from './relay.ts'

const heartbeats = /^POST \/api\/tunnels\/[\w-]+\/heartbeat$/
const registrations = /^POST \/api\/tunnels\/register$/
const discovery = /^GET \/\.well-known\/tunnel-config$/

needsPeer(tunnelPeers, 'what a broker says while the tunnel is open', (frps, frpc) => {
  let broker: RunningBroker = undefined as never
  beforeAll(async () => {
    broker = await startBroker(frps)
  })
  /** A gateway whose heartbeats come every 5 s, because the relay says so. */
  async function opened() {
    const relay = await startBrokerRelay(broker.url)
    const said = await (await fetch(new URL('/.well-known/tunnel-config', relay.url))).json()
    relay.answer(discovery, { status: 200, body: said })
    const gateway = await tunnelGateway(frpc, relay.url)
    const url = await startTunnel(gateway)
    return { relay, gateway, url }
  }
  const patience = 70_000

  it('heartbeats are answered, and the lease goes on', { timeout: 90_000 }, async () => {
    const { gateway, relay } = await opened()
    const { leaseExpiresAt } = await tunnelOf(gateway)
    await expect.poll(async () => (await tunnelOf(gateway)).lastHeartbeatAt, { timeout: patience }).not.toBeNull()
    expect(relay.asked.some((line) => heartbeats.test(line))).toBe(true)
    expect(Date.parse((await tunnelOf(gateway)).leaseExpiresAt ?? '')).toBeGreaterThan(Date.parse(leaseExpiresAt ?? ''))
  })

  it.each([
    [401, 'TOKEN_INVALID'],
    [403, 'REVOKED'],
  ])('%i ends the tunnel, and nothing asks again until a person does', { timeout: 120_000 }, async (status, code) => {
    const { gateway, relay, url } = await opened()
    relay.answer(heartbeats, { status, body: { error: 'The key was revoked', code } })
    await untilView(gateway, { state: { phase: 'blocked', needs: { code: 'TUNNEL_AUTH_REVOKED' } } }, patience)
    expect(await tunnelOf(gateway)).toMatchObject({ state: 'error', frpcPid: null, publicUrl: null })
    expect((await visit(`${url}/health`)).status).toBe(404)
    const asked = relay.asked.length
    await sleep(3000)
    expect(relay.asked.length).toBe(asked)
    relay.answer(heartbeats, null)
    expect(await startTunnel(gateway)).toBe(url)
  })

  it('410 is asked for another lease with the token of the last one: the same address', { timeout: 120_000 }, async () => {
    const { gateway, relay, url } = await opened()
    const tokenOf = async (): Promise<string> => JSON.parse(await readFile(join(gateway.stateDir, 'tunnel.json'), 'utf8')).tunnelToken
    const before = await tokenOf()
    relay.answer(heartbeats, { status: 410, body: { error: 'over', code: 'LEASE_GONE' } })
    await millisecondsUntil(async () => (await tokenOf()) !== before, patience)
    relay.answer(heartbeats, null)
    expect(await untilVerified(gateway)).toBe(url)
    expect(relay.asked.filter((line) => registrations.test(line)).length).toBe(2)
  })

  it.each([
    ['5xx', { status: 503 }],
    ['nothing', 'silence'],
    ['nonsense', { status: 200, body: { hello: 1 } }],
    ['429', { status: 429 }],
  ] as const)(
    '%s to heartbeats leaves the tunnel open: visitors come through without the broker',
    { timeout: 120_000 },
    async (_, override) => {
      const { gateway, relay, url } = await opened()
      relay.answer(heartbeats, override)
      await millisecondsUntil(async () => relay.asked.some((line) => heartbeats.test(line)), patience)
      await sleep(1500)
      expect(await viewOf(gateway)).toMatchObject({ state: { phase: 'on', urls: [url] } })
      expect((await visit(`${url}/health`)).status).toBe(200)
    },
  )

  describe('at a start', () => {
    it.each([
      [
        'a description that leads elsewhere',
        discovery,
        { status: 200, body: { brokerUrl: 'https://elsewhere.example/api' } },
        'TUNNEL_BROKER_STRANGE',
        'failed',
      ],
      ['nothing, at registering', registrations, { status: 500 }, 'TUNNEL_BROKER_BUSY', 'failed'],
      ['too many', registrations, { status: 429 }, 'TUNNEL_BROKER_BUSY', 'failed'],
      ['403', registrations, { status: 403, body: { error: 'revoked' } }, 'TUNNEL_AUTH_REVOKED', 'blocked'],
      ['that another holds the lease', registrations, { status: 409, body: { code: 'LEASE_HELD' } }, 'TUNNEL_IDENTITY_IN_USE', 'blocked'],
    ] as const)('%s: named, nothing opened, and open once it is right', { timeout: 60_000 }, async (_, question, override, code, phase) => {
      const relay = await startBrokerRelay(broker.url)
      relay.answer(question, override)
      const gateway = await tunnelGateway(frpc, relay.url)
      const ran = await gateway.xopc(['tunnel', 'start'], { timeoutMs: 60_000 })
      expect([ran.code, (await viewOf(gateway)).state]).toMatchObject([1, { phase, [phase === 'failed' ? 'error' : 'needs']: { code } }])
      expect(ran.stdout).toContain('The public tunnel is not open')
      relay.answer(question, null)
      await startTunnel(gateway)
    })
  })
})
