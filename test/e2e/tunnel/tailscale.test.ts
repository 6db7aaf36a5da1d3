import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import type { RunningGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { startTailnet, type Tailnet, tailnetPeers } from '../../support/tailnet.ts'
import { startTailnetGateway } from '../../support/tailnet/gateway.ts'
import { exchange } from '../../support/tailnet/visit.ts'
import { type RunningBroker, startBroker } from '../broker/house.ts'
import { a, entries, switchOn, untilState } from '../tailscale/house.ts'
import { agreed, askControl, overviewOf, startTunnel, tunnelOf, untilVerified, untilView } from './house.ts'

needsPeer(['frps', 'frpc', ...tailnetPeers], 'the public tunnel and Tailscale Serve, with both there', (frps, frpc) => {
  let [tailnet, broker, gateway]: [Tailnet, RunningBroker, RunningGateway] = [undefined as never, undefined as never, undefined as never]
  const configOf = (more: object = {}) => ({ tunnel: { brokerUrl: broker.url, consent: agreed, ...more } })
  const at = async (options: Parameters<typeof startTailnetGateway>[2] = {}) =>
    await startTailnetGateway(tailnet, 'a', { config: configOf(), env: { XOPC_FRPC_PATH: frpc }, ...options })
  beforeAll(async () => {
    tailnet = await startTailnet()
    broker = await startBroker(frps, { prefix: tailnet.prefix })
    gateway = await at()
  })

  /** What a visitor of the public address gets: it is the broker's, at a port of that network. */
  async function visited(url: string): Promise<number> {
    const address = new URL(`${url}/health`)
    return (await exchange(await tailnet.dial(Number(address.port)), address)).status
  }
  const health = `${a}/health`

  it('with Serve on, the tunnel is refused with both ways out, and Serve goes on', async () => {
    await switchOn(gateway)
    const refused = await gateway.xopc(['tunnel', 'start'])
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('EXPOSURE_CONFLICT')])
    expect(refused.stderr).toContain('xopc tunnel start --replace')
    expect(refused.stderr).toContain('xopc tailscale off')
    expect(await askControl(gateway, '/tunnel/start', 'POST', {})).toMatchObject({ status: 409, json: { code: 'EXPOSURE_CONFLICT' } })
    expect(await askControl(gateway, '/config', 'PATCH', { 'tunnel.autoStart': true })).toMatchObject({
      json: { code: expect.any(String) },
    })
    expect(await tailnet.fetchFrom('b', health)).toMatchObject({ status: 200 })
    expect(await tunnelOf(gateway)).toMatchObject({ enabled: false, state: 'disconnected' })
  })

  it('--replace closes Serve, so that nobody of the tailnet comes any more, and opens the tunnel', async () => {
    const url = await startTunnel(gateway, ['--replace'])
    expect(await visited(url)).toBe(200)
    expect(await entries(tailnet)).toEqual({})
    await expect(tailnet.fetchFrom('b', health)).rejects.toThrow()
    expect((await gateway.xopc(['config', 'get', 'gateway.tailscale.mode'])).stdout.trim()).toBe('off')
    expect((await overviewOf(gateway)).conflicts).toEqual([])
  })

  it('with the tunnel on, Serve is refused, and takes its place with --replace', async () => {
    const url = await untilVerified(gateway)
    const refused = await gateway.xopc(['tailscale', 'serve'])
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('EXPOSURE_CONFLICT')])
    expect(refused.stderr).toContain('xopc tunnel stop')
    expect(await visited(url)).toBe(200)
    expect(await entries(tailnet)).toEqual({})
    const ran = await gateway.xopc(['tailscale', 'serve', '--replace'])
    expect([ran.code, ran.stdout]).toEqual([0, expect.stringContaining(a)])
    expect(await visited(url)).toBe(404)
    expect(await tailnet.fetchFrom('b', health)).toMatchObject({ status: 200 })
    expect(await tunnelOf(gateway)).toMatchObject({ enabled: false, state: 'disconnected', frpcPid: null })
  })

  it('back again, and while the tunnel is to start by itself Serve is refused, also when it is closed', async () => {
    await startTunnel(gateway, ['--replace'])
    expect((await gateway.xopc(['config', 'set', 'tunnel.autoStart=true'])).code).toBe(0)
    await gateway.xopc(['tunnel', 'stop'])
    const refused = await gateway.xopc(['tailscale', 'serve'])
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('EXPOSURE_CONFLICT')])
    expect(await entries(tailnet)).toEqual({})
  })

  it('a file that asks for both starts neither, and the overview says which and what to do', async () => {
    await gateway.stop()
    const both = configOf({ autoStart: true, enabled: true })
    await writeFile(join(gateway.stateDir, 'xopc.json'), JSON.stringify({ gateway: { port: 0, tailscale: { mode: 'serve' } }, ...both }))
    const next = await startTailnetGateway(tailnet, 'a', { stateDir: gateway.stateDir, env: { XOPC_FRPC_PATH: frpc } })
    const { conflicts, methods } = await overviewOf(next)
    expect(conflicts).toMatchObject([{ code: 'EXPOSURE_CONFLICT' }])
    for (const id of ['tailscale', 'tunnel']) expect(methods.find((each) => each.id === id)).toMatchObject({ state: { phase: 'off' } })
    expect(await entries(tailnet)).toEqual({})
    expect((await next.xopc(['config', 'set', 'tunnel.enabled=false', 'tunnel.autoStart=false'])).code).toBe(0)
    await untilState(next, { phase: 'on' })
    await untilView(next, { state: { phase: 'off' } })
    expect(await tailnet.fetchFrom('b', health)).toMatchObject({ status: 200 })
    expect((await overviewOf(next)).conflicts).toEqual([])
  })
})
