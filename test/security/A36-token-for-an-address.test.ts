import { beforeAll, expect, it } from 'vitest'
import { createLaptop, type Home, type Laptop, openHome, OTHER_NAME, signInAt } from '../e2e/remote/direct-house.ts'
import { type Certificate, createTestCa, type TestCa } from '../support/certs.ts'
import { startGateway } from '../support/gateway.ts'
import { needsPeer } from '../support/peers.ts'
import { type FarRelay, startFarRelay } from './far-relays.ts'

// The client's half: somebody gets a person to name another address, by a link that is pasted or a variable that is set. The token that is
// saved for the gateway at home goes nowhere else, and a link is no address.

needsPeer(['own-hosts', 'caddy-2.11'], 'another address than the one that the token belongs to', (_, caddy) => {
  let ca: TestCa
  let home: Home
  let certificate: Certificate
  let other: FarRelay
  let pasting: Laptop
  beforeAll(async () => {
    ca = await createTestCa()
    home = await openHome(caddy, ca)
    certificate = await ca.leaf([OTHER_NAME])
    other = await startOther()
    pasting = await using()
  })

  async function using(): Promise<Laptop> {
    const laptop = await createLaptop(ca)
    const used = await laptop.xopc(['remote', 'use', home.url, '--stdin'], { input: home.gateway.token })
    if (used.code !== 0) throw new Error(used.stderr)
    return laptop
  }

  /** A gateway of the attacker, with a good certificate for its name, that proves its own key. */
  async function startOther(): Promise<FarRelay> {
    const gateway = await startGateway()
    const relay = await startFarRelay({ place: { certificate, name: OTHER_NAME }, to: gateway.url })
    await signInAt(gateway, relay.url)
    return relay
  }

  it.each<[string, (url: string) => [string[], NodeJS.ProcessEnv]]>([
    ['by --url', (url) => [['status', '--url', url], {}]],
    ['by --url and --pin', (url) => [['status', '--pin', '--url', url], {}]],
    ['by the variable', (url) => [['devices', 'list'], { XOPC_GATEWAY_URL: url }]],
    ['by xopc remote use', (url) => [['remote', 'use', url, '--pin'], {}]],
  ])('%s: the saved token is not sent there, the first time and later', async (_how, words) => {
    const laptop = await using()
    const asked = other.heard().length
    const before = await laptop.config()
    const [args, env] = words(other.url)
    for (let times = 0; times < 2; times++) {
      const { code, reply } = await laptop.json(args, { env })
      expect([code, reply.error?.code]).toEqual([1, expect.stringMatching(/^(REMOTE_TOKEN_MISSING|TOKEN_NEEDED)$/)])
    }
    expect(other.heard().length).toBeGreaterThan(asked)
    expect(other.told()).not.toContain(home.gateway.token)
    expect(await laptop.config()).toBe(before)
    expect(await laptop.json(['status'])).toMatchObject({ code: 0, reply: { gatewayId: home.gatewayId } })
  })

  it.each<[string, (url: string) => string]>([
    ['a pairing link of the app', (url) => `xopc://gateway?baseUrl=${encodeURIComponent(url)}&ps=abc`],
    ['a pairing link of a browser', (url) => `${url}/xopc/pair#ps=abc`],
    ['a link with gatewayUrl', (url) => `${url}/?gatewayUrl=${encodeURIComponent(url)}`],
    ['a WebSocket', (url) => url.replace('https', 'wss')],
    ['an address after the own one', (url) => `${home.url}@${new URL(url).host}`],
    ['an address with a backslash', (url) => `${home.url}\\@${new URL(url).host}`],
    ['an address behind a line break', (url) => `${home.url}\n${url}`],
  ])('%s is no address: nothing is dialled', async (_what, link) => {
    const server = await startFarRelay({ place: { certificate, name: OTHER_NAME }, to: home.url, caFile: ca.caFile })
    const text = link(server.url)
    for (const [args, env] of [
      [['status', '--url', text], {}],
      [['remote', 'use', text, '--pin'], {}],
      [['status'], { XOPC_GATEWAY_URL: text }],
    ] as const) {
      const { code, reply } = await pasting.json(args, { env })
      expect([code, reply.error?.code]).toEqual([2, 'REMOTE_URL_INVALID'])
    }
    expect(server.connections()).toBe(0)
  })
})
