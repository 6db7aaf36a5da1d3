import { beforeAll, expect, it } from 'vitest'
import { createLaptop, type Home, type Laptop, openHome } from '../e2e/remote/direct-house.ts'
import { createTestCa, type TestCa } from '../support/certs.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { needsPeer } from '../support/peers.ts'
import { claiming, type FarRelay, type FarRelayOptions, startFarRelay } from './far-relays.ts'

// The client's half: commands dial a loopback port that ssh forwarded yesterday, and today somebody else on this computer sits there, who
// passes everything on to the gateway's public address, or is a gateway himself.

needsPeer(['own-hosts', 'caddy-2.11'], 'a command at a port of this computer where a squatter sits', (_, caddy) => {
  let ca: TestCa
  let home: Home
  let other: RunningGateway
  beforeAll(async () => {
    ca = await createTestCa()
    home = await openHome(caddy, ca)
    other = await startGateway()
  })

  const publicHost = (): string => new URL(home.url).host
  const squatters: [string, () => FarRelayOptions][] = [
    ['passes on as it is', () => ({ to: home.url })],
    ['passes on by the public name', () => ({ to: home.url, host: publicHost() })],
    ['asks for the public origin', () => ({ to: home.url, host: publicHost(), body: claiming(home.url) })],
    ['claims what was dialled in headers', () => ({ to: home.url, host: publicHost(), headers: { 'x-forwarded-host': '127.0.0.1' } })],
    ['is another gateway', () => ({ to: other.url })],
  ]

  const start = async (options: () => FarRelayOptions): Promise<FarRelay> => await startFarRelay({ caFile: ca.caFile, ...options() })
  /** A laptop that met the real one at this port. */
  async function met(squatter: FarRelay, env: NodeJS.ProcessEnv = {}): Promise<Laptop> {
    const laptop = await createLaptop(ca, env)
    await laptop.xopc(['status', '--url', home.url], { env: { XOPC_GATEWAY_TOKEN: home.gateway.token } })
    for (const known of await laptop.known()) await laptop.knows({ ...known, origin: squatter.url, urls: [] })
    return laptop
  }

  it.each(squatters)('who %s gets no token where the gateway is known there', async (_how, options) => {
    const squatter = await start(options)
    const laptop = await met(squatter, { XOPC_GATEWAY_TOKEN: home.gateway.token })
    for (const args of [['status'], ['status', '--pin'], ['remote', 'use', squatter.url, '--pin']]) {
      const { code, reply } = await laptop.json(args.includes('use') ? args : [...args, '--url', squatter.url])
      expect([args, code, reply.error?.code]).toEqual([args, 1, 'WRONG_GATEWAY'])
    }
    expect(squatter.told()).not.toContain(home.gateway.token)
  })

  it.each(squatters.slice(2))('who %s gets none that is saved for the port', async (_how, options) => {
    const squatter = await start(options)
    const laptop = await met(squatter)
    const remote = { url: squatter.url, transport: 'direct', token: home.gateway.token }
    await laptop.configure(JSON.stringify({ gateway: { mode: 'remote', remote } }))
    for (const args of [['status'], ['gateway', 'stop'], ['gateway', 'token', '--generate']])
      expect((await laptop.json(args)).reply.error?.code).toBe('WRONG_GATEWAY')
    expect(squatter.told()).not.toContain(home.gateway.token)
    expect(squatter.heard().filter(({ path }) => !path.endsWith('/challenge'))).toEqual([])
  })

  it.each(squatters.slice(2))('who %s is not taken for it the first time, where nobody says yes', async (_how, options) => {
    const squatter = await start(options)
    const laptop = await createLaptop(ca, { XOPC_GATEWAY_TOKEN: home.gateway.token })
    for (const args of [
      ['status', '--url', squatter.url],
      ['remote', 'use', squatter.url],
    ]) {
      const { code, reply } = await laptop.json(args)
      expect([code, reply.error?.code]).toEqual([1, expect.stringMatching(/^(PIN_REQUIRED|REMOTE_NAME_UNKNOWN|NOT_XOPC_GATEWAY)$/)])
    }
    expect(squatter.told()).not.toContain(home.gateway.token)
    expect([await laptop.known(), await laptop.config()]).toEqual([[], null])
  })
})
