import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { needsPeer } from '../../support/peers.ts'
import { type RunningBroker, startBroker } from '../broker/house.ts'
import {
  agreed,
  askControl,
  overviewOf,
  startTunnel,
  tunnelGateway,
  tunnelOf,
  tunnelPeers,
  untilVerified,
  untilView,
  viewOf,
} from './house.ts'

needsPeer(tunnelPeers, 'what a start of the gateway opens', (frps, frpc) => {
  let broker: RunningBroker = undefined as never
  beforeAll(async () => {
    broker = await startBroker(frps)
  })
  const at = (options: Parameters<typeof tunnelGateway>[2] = {}) => tunnelGateway(frpc, broker.url, options)
  /** A state folder in which the tunnel has worked once. */
  async function tried(): Promise<string> {
    const gateway = await at()
    await startTunnel(gateway)
    await gateway.stop()
    return gateway.stateDir
  }
  const withTunnel = (tunnel: object, gateway: object = {}) => ({
    config: { gateway, tunnel: { brokerUrl: broker.url, consent: agreed, ...tunnel } },
  })

  it.each([
    ['nothing, where it was on and is not to start by itself', { enabled: true }, false],
    ['the tunnel, where it is to start by itself', { autoStart: true }, true],
    ['the tunnel, where it is to start by itself and was on', { autoStart: true, enabled: true }, true],
    ['nothing, where the agreement is to an older text', { autoStart: true, consent: { ...agreed, version: '2025-01' } }, false],
    ['nothing, without an agreement', { autoStart: true, consent: undefined }, false],
  ])('%s', async (_, tunnel, opens) => {
    const gateway = await at({ stateDir: await tried(), ...withTunnel(tunnel) })
    if (opens) await untilVerified(gateway)
    else expect(await viewOf(gateway)).toMatchObject({ intended: false, state: { phase: 'off' } })
    expect(await tunnelOf(gateway)).toMatchObject({ enabled: opens, state: opens ? 'connected' : 'disconnected' })
  })

  it('nothing, where it never worked', async () => {
    const gateway = await at(withTunnel({ autoStart: true }))
    expect(await viewOf(gateway)).toMatchObject({ intended: false, state: { phase: 'off' } })
    expect(await tunnelOf(gateway)).toMatchObject({ enabled: false, canAutoStart: false })
  })

  it('what was opened for a time, until that is over', async () => {
    const gateway = await at()
    const url = await startTunnel(gateway, ['--for', '1h'])
    await gateway.kill9()
    const next = await at({ stateDir: gateway.stateDir })
    expect(await untilVerified(next)).toBe(url)
    expect(await tunnelOf(next)).toMatchObject({ closesAt: expect.any(String) })
    expect(await readFile(join(next.stateDir, 'xopc.json'), 'utf8')).not.toContain('enabled')
  })

  describe('auto-start is saved', () => {
    it('only after an agreement, and after it worked', async () => {
      const gateway = await at({ tunnel: { consent: undefined } })
      const on = async () => await askControl(gateway, '/config', 'PATCH', { 'tunnel.autoStart': true })
      expect(await on()).toMatchObject({ status: 403, json: { code: 'TUNNEL_CONSENT_REQUIRED' } })
      await gateway.xopc(['tunnel', 'consent', '--accept-risk'])
      expect(await on()).toMatchObject({ status: 409, json: { code: 'TUNNEL_AUTOSTART_NOT_READY' } })
      await startTunnel(gateway)
      expect(await on()).toMatchObject({ status: 200 })
    })
  })

  describe('beside Tailscale', () => {
    const serve = { tailscale: { mode: 'serve' } }

    it.each([
      ['starts by itself', { autoStart: true }],
      ['was on', { enabled: true, autoStart: true }],
    ])('neither, in a file that holds both and where the tunnel %s; the overview names both ways out', async (_, tunnel) => {
      const gateway = await at({ stateDir: await tried(), ...withTunnel(tunnel, serve) })
      const { methods, conflicts } = await overviewOf(gateway)
      expect(methods.filter(({ intended }) => intended)).toEqual([])
      expect(conflicts).toMatchObject([
        {
          code: 'EXPOSURE_CONFLICT',
          fix: { command: 'xopc config set tunnel.enabled=false tunnel.autoStart=false' },
          otherwise: { command: 'xopc tailscale off' },
        },
      ])
      expect((await gateway.xopc(['tailscale', 'off'])).code).toBe(0)
      expect((await overviewOf(gateway)).conflicts).toEqual([])
    })

    it('the tunnel is refused, and takes its place with --replace', async () => {
      const gateway = await at(withTunnel({}, serve))
      const refused = await gateway.xopc(['tunnel', 'start'])
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/EXPOSURE_CONFLICT/)])
      expect(refused.stderr).toContain('xopc tailscale off')
      expect(refused.stderr).toContain('xopc tunnel start --replace')
      expect(await askControl(gateway, '/config', 'PATCH', { 'tunnel.enabled': true })).toMatchObject({
        status: 409,
        json: { code: 'EXPOSURE_CONFLICT' },
      })
      await startTunnel(gateway, ['--replace'])
      expect((await overviewOf(gateway)).methods).toMatchObject([
        { id: 'tailscale', intended: false, state: { phase: 'off' } },
        {},
        {},
        { intended: true },
      ])
    })

    it.each([
      ['in place of Tailscale', ['--replace']],
      ['for a time', ['--replace', '--for', '30m']],
    ])('%s: what is no broker is refused before anything is closed', async (_, args) => {
      const gateway = await at(withTunnel({}, serve))
      for (const broker of ['ftp://127.0.0.1/api', 'nonsense', 'https://']) {
        const ran = await gateway.xopc(['tunnel', 'start', ...args, '--broker', broker])
        expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining('TUNNEL_BROKER_INVALID')])
      }
      expect(await viewOf(gateway)).toMatchObject({ intended: false })
      expect((await overviewOf(gateway)).methods[0]).toMatchObject({ id: 'tailscale', intended: true })
    })

    it('Tailscale is refused while the tunnel is on, or is to start by itself, and takes its place with --replace', async () => {
      const gateway = await at()
      await startTunnel(gateway)
      const refused = await gateway.xopc(['tailscale', 'serve'])
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/EXPOSURE_CONFLICT/)])
      expect(refused.stderr).toContain('xopc tunnel stop')
      expect((await gateway.xopc(['config', 'set', 'tunnel.autoStart=true'])).code).toBe(0)
      await gateway.xopc(['tunnel', 'stop'])
      const again = await gateway.xopc(['tailscale', 'serve'])
      expect(again.stderr).toContain('EXPOSURE_CONFLICT')
      expect(again.stderr).toContain('xopc config set tunnel.enabled=false tunnel.autoStart=false')
      expect((await gateway.xopc(['config', 'set', 'gateway.tailscale.mode=serve'])).stderr).toContain('EXPOSURE_CONFLICT')
      await gateway.xopc(['tailscale', 'serve', '--replace'])
      expect(await tunnelOf(gateway)).toMatchObject({ enabled: false, state: 'disconnected', config: { autoStart: false } })
      await untilView(gateway, { intended: false, state: { phase: 'off' } })
    })
  })
})
