import { beforeAll, expect, it } from 'vitest'
import { createLaptop, type Home, type Laptop, openHome, OTHER_NAME } from '../e2e/remote/direct-house.ts'
import { type Certificate, createTestCa, type TestCa } from '../support/certs.ts'
import { needsPeer } from '../support/peers.ts'
import { claiming, type FarRelay, type FarRelayOptions, startFarRelay } from './far-relays.ts'

// The client's half: a fake gateway has a good certificate for a name of its own, and passes whatever it is told on to the real one, so that
// the real one proves its key. What the client is shown must be for the name that it dialled.

needsPeer(['own-hosts', 'caddy-2.11'], 'a command at a fake gateway that passes everything on to the real one', (_, caddy) => {
  let ca: TestCa
  let home: Home
  let certificate: Certificate
  beforeAll(async () => {
    ca = await createTestCa()
    home = await openHome(caddy, ca)
    certificate = await ca.leaf([OTHER_NAME])
  })

  const real = (): { host: string; direct: string } => ({ host: new URL(home.url).host, direct: home.gateway.url })
  const own = ({ url }: { url: string }): string => new URL(url).host

  const relays: [string, (relay: { url: string }) => Omit<FarRelayOptions, 'place'>][] = [
    ['as it is, through the proxy', () => ({ to: home.url })],
    ['by the name of the real one', () => ({ to: home.url, host: real().host })],
    ['by the name and the origin of the real one', () => ({ to: home.url, host: real().host, body: claiming(home.url) })],
    ['with the origin of the real one', () => ({ to: home.url, body: claiming(home.url) })],
    ['to its port on this computer', () => ({ to: real().direct })],
    [
      'to its port on this computer, by its loopback name',
      () => ({ to: real().direct, host: own({ url: real().direct }), body: claiming(real().direct) }),
    ],
    ['with headers that claim the other name', () => ({ to: home.url, host: real().host, headers: { 'x-forwarded-host': OTHER_NAME } })],
    ['without an origin', () => ({ to: home.url, host: real().host, body: (text) => text.replace(/,"origin":"[^"]*"/, '') })],
  ]

  async function startFake(options: (relay: { url: string }) => Omit<FarRelayOptions, 'place'>): Promise<FarRelay> {
    return await startFarRelay({ place: { certificate, name: OTHER_NAME }, caFile: ca.caFile, ...options({ url: '' }) })
  }

  async function expectNothing(laptop: Laptop, fake: FarRelay): Promise<void> {
    const asked = fake.heard().length
    for (const args of [
      ['status', '--url', fake.url],
      ['remote', 'use', fake.url, '--pin'],
    ]) {
      const { code, reply } = await laptop.json(args)
      expect([args, code, reply.error?.code]).toEqual([
        args,
        1,
        expect.stringMatching(/^(REMOTE_NAME_UNKNOWN|NOT_XOPC_GATEWAY|WRONG_GATEWAY)$/),
      ])
    }
    expect(fake.told()).not.toContain(home.gateway.token)
    expect(fake.heard().map(({ path }) => path)).toEqual(fake.heard().map(() => '/api/gateway-identity/challenge'))
    expect(fake.heard()).toHaveLength(asked + 2)
  }

  it.each(relays)('%s: gets no token, and no word of what was meant, known or not', async (_how, options) => {
    const fake = await startFake(options)
    const laptop = await createLaptop(ca, { XOPC_GATEWAY_TOKEN: home.gateway.token })
    await expectNothing(laptop, fake)
    expect([await laptop.known(), await laptop.config()]).toEqual([[], null])
    await laptop.xopc(['status', '--url', home.url])
    for (const known of await laptop.known()) await laptop.knows({ ...known, origin: fake.url, urls: [] })
    await expectNothing(laptop, fake)
  })

  it('the real one gets it, at its own name', async () => {
    const laptop = await createLaptop(ca, { XOPC_GATEWAY_TOKEN: home.gateway.token })
    expect(await laptop.json(['status', '--url', home.url])).toMatchObject({ code: 0, reply: { gatewayId: home.gatewayId } })
  })
})
