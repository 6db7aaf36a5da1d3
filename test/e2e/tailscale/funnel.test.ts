import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { tempFolder } from '../../support/cleanup.ts'
import type { ConfigTree, GatewayOptions, RunningGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { startTailnet, type Tailnet, tailnetPeers } from '../../support/tailnet.ts'
import { startTailnetGateway } from '../../support/tailnet/gateway.ts'
import { startUpstream } from '../../support/upstream.ts'
import { a, asJson, fileOf, served, stateOf, untilState } from './house.ts'
import { eventsOver } from './streams.ts'

const password = 'correct horse battery'
const auth = { mode: 'password', password }
const refusal = (code: string) => ({ error: { code } })

needsPeer(tailnetPeers, 'xopc tailscale funnel', () => {
  let tailnet: Tailnet = undefined as never
  beforeAll(async () => {
    tailnet = await startTailnet()
  })
  let gateway: RunningGateway = undefined as never
  afterEach(async () => {
    await gateway.stop()
    if ((await served(tailnet)) !== '{}') throw new Error('something of ours is left')
  })
  async function start(settings: ConfigTree, options: GatewayOptions = {}): Promise<void> {
    gateway = await startTailnetGateway(tailnet, 'a', { config: { gateway: settings }, ...options })
  }
  const funnel = (...args: string[]) => asJson(gateway.xopc, ['tailscale', 'funnel', ...args])

  describe('is refused, and nothing is opened or saved', () => {
    it.each<[string, string, number, ConfigTree, string[]]>([
      ['with a token', 'FUNNEL_NEEDS_PASSWORD', 3, {}, ['--accept-risk']],
      ['without anybody asking for a password', 'EXPOSURE_NEEDS_AUTH', 1, { auth: { mode: 'none' } }, ['--accept-risk']],
      ['without consent', 'CONSENT_REQUIRED', 1, { auth }, []],
      ['without consent, for a time', 'CONSENT_REQUIRED', 1, { auth }, ['--for', '1h']],
      [
        'with the consent to another text',
        'CONSENT_REQUIRED',
        1,
        { auth, tailscale: { consent: { version: '2025-01-funnel', acceptedAt: '2025-01-01T00:00:00Z' } } },
        [],
      ],
    ])('%s: %s', async (_, code, exit, settings, args) => {
      await start(settings)
      const before = await fileOf(gateway)
      const ran = await funnel(...args)
      expect([ran.code, ran.json]).toMatchObject([exit, refusal(code)])
      expect(await served(tailnet)).toBe('{}')
      expect(await stateOf(gateway)).toEqual({ phase: 'off' })
      // Nobody agrees to what is refused anyway.
      expect(await fileOf(gateway)).toBe(before)
      expect(await gateway.xopc(['config', 'get', 'gateway.tailscale.mode'])).toMatchObject({ stdout: 'off\n' })
    })

    it('at a port that Funnel does not take: FUNNEL_PORT', async () => {
      await start({ auth })
      const { code, json } = await funnel('--accept-risk', '--port', '9443')
      expect([code, json]).toMatchObject([1, { error: { code: 'FUNNEL_PORT', message: expect.stringContaining('443, 8443, 10000') } }])
      expect(await stateOf(gateway)).toEqual({ phase: 'off' })
      expect(await gateway.xopc(['config', 'get', 'gateway.tailscale.httpsPort'])).toMatchObject({ stdout: '443\n' })
      expect((await funnel('--accept-risk', '--port', '10000')).code).toBe(0)
      expect(await tailnet.funnelVisit(`${a}:10000/health`)).toMatchObject({ status: 200 })
    })

    it('a file of somebody’s own hand without consent: it waits, and the gateway runs', async () => {
      await start({ auth, tailscale: { mode: 'funnel' } })
      const command = 'xopc tailscale funnel --accept-risk'
      await untilState(gateway, { phase: 'blocked', needs: { code: 'CONSENT_REQUIRED' }, command })
      expect((await gateway.fetch('/health')).status).toBe(200)
      expect(await served(tailnet)).toBe('{}')
      expect(await gateway.xopc(['tailscale', 'funnel', '--accept-risk'])).toMatchObject({ code: 0 })
      await untilState(gateway, { phase: 'on', urls: [a] })
    })
  })

  describe('on', () => {
    it('lets strangers as far as the sign-in, and their words about themselves no further', async () => {
      const app = join(await tempFolder(), 'app.sock')
      await startUpstream('--unix', app)
      await start({ auth: { ...auth, allowTailscale: true }, upstream: { url: `unix:${app}` } })
      const { code, stdout } = await gateway.xopc(['tailscale', 'funnel', '--accept-risk'])
      expect([code, stdout]).toEqual([0, expect.stringContaining(`The whole internet can reach the gateway now:\n  ${a}\n`)])
      expect(stdout.replaceAll(/\s+/g, ' ')).toContain('shows only from there')
      expect(await gateway.xopc(['config', 'get', 'gateway.tailscale.consent.version'])).toMatchObject({ stdout: '2026-11-funnel\n' })
      expect((await asJson(gateway.xopc, ['tailscale', 'status'])).json).toMatchObject({ audience: 'internet', state: { phase: 'on' } })

      expect(await tailnet.funnelVisit(`${a}/health`)).toMatchObject({ status: 200 })
      expect(await tailnet.funnelVisit(`${a}/xopc/`)).toMatchObject({ status: 200, body: expect.stringContaining('<html') })
      const forged = { 'tailscale-user-login': 'alice@example.com', 'x-forwarded-for': '100.64.0.2', 'x-xopc-user': 'owner' }
      expect(await tailnet.funnelVisit(`${a}/headers`, { headers: forged })).toMatchObject({ status: 401 })
      const session = { method: 'POST', headers: { ...forged, origin: a, 'content-type': 'application/json' }, body: '{}' }
      expect((await tailnet.funnelVisit(`${a}/xopc/api/session`, session)).status).toBe(401)

      const bearer = { ...forged, authorization: `Bearer ${password}` }
      const { status, body } = await tailnet.funnelVisit(`${a}/headers`, { headers: bearer })
      expect(status).toBe(200)
      // `as`: what test/fixtures/upstream.ts answers.
      const { headers } = JSON.parse(body) as { headers: [string, string][] }
      const received = headers.map(([name, value]) => `${name.toLowerCase()}: ${value}`)
      expect(received).toEqual(expect.arrayContaining(['x-forwarded-for: 203.0.113.7', 'x-xopc-user: owner']))
      expect(received.join('\n')).not.toMatch(/tailscale-user|alice|100\.64/)
    })

    it('streams, and closes to strangers with a change to serve, which asks nobody', async () => {
      const app = join(await tempFolder(), 'app.sock')
      await startUpstream('--unix', app)
      await start({ auth, upstream: { url: `unix:${app}` } })
      expect((await funnel('--accept-risk')).code).toBe(0)
      const headers = { authorization: `Bearer ${password}` }
      const events = await eventsOver(await tailnet.openFunnel(`${a}/events`), `${a}/events?count=0&every=300`, { headers })
      await events.first(2)
      const { code, stdout } = await gateway.xopc(['tailscale', 'serve'])
      expect([code, stdout]).toEqual([0, expect.stringContaining('The devices of your tailnet')])
      await events.over
      await expect(tailnet.funnelVisit(`${a}/health`)).rejects.toThrow('403')
      expect(await tailnet.fetchFrom('b', `${a}/health`)).toMatchObject({ status: 200 })
    })

    it('stays guarded: the sign-in cannot be weakened meanwhile', async () => {
      await start({ auth })
      expect((await funnel('--accept-risk')).code).toBe(0)
      for (const mode of ['token', 'none'])
        expect((await gateway.xopc(['config', 'set', `gateway.auth.mode=${mode}`])).code, mode).not.toBe(0)
      await untilState(gateway, { phase: 'on', urls: [a] })
      expect(await tailnet.funnelVisit(`${a}/health`)).toMatchObject({ status: 200 })
    })

    it('--for: agreed to once, closed by itself', async () => {
      await start({ auth })
      expect((await funnel('--accept-risk', '--for', '10s')).code).toBe(0)
      expect(await tailnet.funnelVisit(`${a}/health`)).toMatchObject({ status: 200 })
      await untilState(gateway, { phase: 'off' }, 15_000)
      expect(await served(tailnet)).toBe('{}')
      expect((await funnel('--for', '1h')).code).toBe(0)
    })
  })

  describe('with the local network open, SERVE_NEEDS_LOOPBACK', () => {
    it('by flags', async () => {
      const started = start({}, { args: ['--bind', 'lan', '--tailscale', 'serve'] })
      await expect(started).rejects.toThrow(/ended with 3[^]*need gateway\.bind to be loopback/)
    })

    it('by tailscale serve, where the local network is on', async () => {
      await start({ bind: 'lan' })
      const before = await fileOf(gateway)
      for (const args of [
        ['tailscale', 'serve'],
        ['tailscale', 'serve', '--for', '1h'],
        ['config', 'set', 'gateway.tailscale.mode=serve'],
      ]) {
        const { code, json } = await asJson(gateway.xopc, args)
        expect([code, json]).toMatchObject([3, refusal('SERVE_NEEDS_LOOPBACK')])
      }
      expect((await asJson(gateway.xopc, ['tailscale', 'serve', '--dry-run'])).json).toMatchObject({
        refusal: { code: 'SERVE_NEEDS_LOOPBACK' },
      })
      expect([await fileOf(gateway), await served(tailnet)]).toEqual([before, '{}'])
    })

    it('by lan on, where serve is on', async () => {
      await start({ tailscale: { mode: 'serve' } })
      await untilState(gateway, { phase: 'on', urls: [a] })
      const { code, json } = await asJson(gateway.xopc, ['lan', 'on'])
      expect([code, json]).toMatchObject([3, refusal('SERVE_NEEDS_LOOPBACK')])
      expect(await stateOf(gateway)).toMatchObject({ phase: 'on' })
    })

    it('by lan on, where serve is on for a time', async () => {
      await start({})
      expect(await gateway.xopc(['tailscale', 'serve', '--for', '1h'])).toMatchObject({ code: 0 })
      expect(await asJson(gateway.xopc, ['lan', 'on'])).toMatchObject({ code: 3, json: refusal('SERVE_NEEDS_LOOPBACK') })
    })
  })
})
