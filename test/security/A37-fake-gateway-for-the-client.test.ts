import { beforeAll, expect, it } from 'vitest'
import { createLaptop, heardBy, type Home, type Laptop, openHome, siteFor } from '../e2e/remote/direct-house.ts'
import { createTestCa, type TestCa } from '../support/certs.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { needsPeer } from '../support/peers.ts'

// The client's half: behind the very address and a good certificate there is another gateway now. The key that the client knows blocks it.

needsPeer(['own-hosts', 'caddy-2.11'], 'a fake gateway at the address of the real one', (_, caddy) => {
  let ca: TestCa
  let home: Home
  let fake: RunningGateway
  let laptop: Laptop
  beforeAll(async () => {
    ca = await createTestCa()
    home = await openHome(caddy, ca)
    laptop = await createLaptop(ca)
    await laptop.xopc(['remote', 'use', home.url, '--stdin'], { input: home.gateway.token })
    // A gateway in every way, which would take the token of the real one as well.
    fake = await startGateway({ config: { gateway: { publicUrl: home.url, auth: { token: home.gateway.token } } } })
    await home.caddy.restart(await siteFor(ca, { port: Number(new URL(home.url).port), to: fake.port }))
  })

  it.each([
    'status',
    'status --pin',
    'gateway status',
    'gateway stop',
    'gateway token --generate',
    'gateway logs',
    'devices list',
    'devices revoke --all',
    'pair --timeout 5',
    'lan on',
    'proxy test',
    'remote use',
    'remote use --pin',
  ])('is told nothing by xopc %s', async (words) => {
    const before = (await home.caddy.requests()).length
    const { code, reply } = await laptop.json(words.split(' '))
    expect([code, reply.error?.code]).toEqual([1, 'WRONG_GATEWAY'])
    expect(reply.error?.hint).toContain('xopc remote forget')
    const heard = async () => await heardBy(home.caddy, before)
    await expect.poll(async () => (await heard()).length).toBeGreaterThan(0)
    expect((await heard()).map(({ path, authorized }) => [path, authorized])).toEqual([['/api/gateway-identity/challenge', false]])
  })

  it('is not believed by what it says of itself, and what is known stays', async () => {
    const status = await laptop.json(['remote', 'status'])
    expect(status.reply).toMatchObject({ reached: false, gatewayId: home.gatewayId, error: { code: 'WRONG_GATEWAY' } })
    expect(await laptop.known()).toMatchObject([{ gatewayId: home.gatewayId }])
    expect(await laptop.config()).toContain(home.gateway.token)
  })

  it('is met as somebody new once the person has said so, and is said', async () => {
    const other = await createLaptop(ca, { XOPC_GATEWAY_TOKEN: fake.token })
    for (const known of await laptop.known()) await other.knows(known)
    expect((await other.json(['status', '--url', home.url])).reply.error?.code).toBe('WRONG_GATEWAY')
    await other.xopc(['remote', 'forget', home.url])
    const { code, stderr } = await other.json(['status', '--url', home.url])
    expect([code, stderr]).toEqual([0, expect.stringContaining('First time at')])
  })
})
