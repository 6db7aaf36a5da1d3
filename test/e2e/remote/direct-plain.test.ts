import { beforeAll, describe, expect, it, vi } from 'vitest'
import { startRelay } from '../../security/relays.ts'
import { createTestCa, type TestCa } from '../../support/certs.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { type MisbehavingHttp, onRequests } from '../../support/misbehaving.ts'
import { otherComputer } from '../../support/netns.ts'
import { needsPeer } from '../../support/peers.ts'
import { startXopc } from '../cli/running.ts'
import { createLaptop, idOf, joinDevice, type Laptop } from './direct-house.ts'

// Plain http: on this computer, where a person says yes to a key; in a network, where others read along; and elsewhere, where it is not taken.

const CHALLENGE = 'POST /api/gateway-identity/challenge'
const requestsOf = (server: MisbehavingHttp): string[] => [...new Set(server.heard().map(({ method, path }) => `${method} ${path}`))]

describe('plain http on this computer', () => {
  let ca: TestCa
  let gateway: RunningGateway
  let gatewayId: string
  beforeAll(async () => {
    ca = await createTestCa()
    gateway = await startGateway()
    gatewayId = await idOf(gateway)
  })

  // A program that passes everything on without a trace is what a forwarded port looks like, and it hears what is sent.
  const wire = async (): Promise<MisbehavingHttp> => await startRelay(gateway.url, {}, () => null)
  const withToken = async (): Promise<Laptop> => await createLaptop(ca, { XOPC_GATEWAY_TOKEN: gateway.token }, {})

  it('nobody there to ask: the key is shown, and nothing is sent or saved', async () => {
    const [server, laptop] = [await wire(), await withToken()]
    for (const args of [
      ['status', '--url', server.url],
      ['devices', 'list', '--url', server.url],
      ['remote', 'use', server.url],
    ]) {
      const { code, reply } = await laptop.json(args)
      expect([code, reply.error?.code]).toEqual([1, 'PIN_REQUIRED'])
      expect(reply.error?.message).toMatch(/SHA256:\S{43}\. Nothing was sent\.$/)
      expect(reply.error?.hint).toContain('--pin')
    }
    expect([requestsOf(server), await laptop.known(), await laptop.config()]).toEqual([[CHALLENGE], [], null])
    expect(JSON.stringify(server.heard())).not.toContain(gateway.token)
  })

  it('with --pin it works and is known from then on', async () => {
    const [server, laptop] = [await wire(), await withToken()]
    const first = await laptop.json(['status', '--pin', '--url', server.url])
    expect(first).toMatchObject({ code: 0, reply: { gatewayId }, stderr: expect.stringContaining('First time at') })
    expect(await laptop.known()).toMatchObject([{ origin: server.url, gatewayId }])
    const then = await laptop.xopc(['status', '--url', server.url])
    expect([then.code, then.stderr]).toEqual([0, `Gateway: ${server.url}\n`])
    await laptop.xopc(['remote', 'use', server.url])
    expect(await laptop.json(['remote', 'status'])).toMatchObject({ code: 0, reply: { reached: true, by: server.url, gatewayId } })
  })

  it.each(['localhost', 'localhost.', 'my.localhost', 'my.localhost.'])('%s is this computer', async (name) => {
    const [server, laptop] = [await wire(), await withToken()]
    const { code, reply } = await laptop.json(['status', '--pin', '--url', `http://${name}:${server.port}`])
    expect(server.connections()).toBe(1)
    // The gateway takes no dot behind a name.
    if (name.endsWith('.')) expect([code, reply.error?.code]).toEqual([1, 'NOT_XOPC_GATEWAY'])
    else expect([code, reply['gatewayId']]).toEqual([0, gatewayId])
  })

  it('another key there is refused, also with --pin, until the first one is forgotten', async () => {
    const [server, laptop] = [await wire(), await withToken()]
    await laptop.json(['status', '--pin', '--url', server.url])
    const known = await laptop.known()
    for (const one of known) one.publicKey = `A${one.publicKey.slice(1, -1)}A`
    await laptop.forgets(server.url)
    for (const one of known) await laptop.knows(one)
    const refused = await laptop.json(['status', '--pin', '--url', server.url])
    expect([refused.code, refused.reply.error?.code]).toEqual([1, 'WRONG_GATEWAY'])
    expect((await laptop.json(['remote', 'forget', server.url])).reply).toEqual({ forgotten: true })
    expect((await laptop.json(['remote', 'forget', server.url])).reply).toEqual({ forgotten: false })
    expect((await laptop.json(['status', '--pin', '--url', server.url])).code).toBe(0)
  })

  describe('at a terminal the person is asked', () => {
    const asking = async (server: MisbehavingHttp, laptop: Laptop) => {
      const terminal = { columns: 160, rows: 30 }
      const env = { XOPC_GATEWAY_TOKEN: gateway.token, NODE_NO_WARNINGS: '1' }
      const running = startXopc(['remote', 'use', server.url], { stateDir: laptop.stateDir, env, terminal })
      await running.says(/key SHA256:\S{43}/)
      await running.says(/Is it the same/)
      expect(requestsOf(server)).toEqual([CHALLENGE])
      return running
    }

    it.each(['n', ''])('and with %j nothing is sent or saved', async (answer) => {
      const [server, laptop] = [await wire(), await withToken()]
      const running = await asking(server, laptop)
      running.type(`${answer}\r`)
      expect(await running.ended, running.stdout()).toBe(1)
      expect(running.stdout()).toContain('Nothing was sent')
      expect([requestsOf(server), await laptop.known(), await laptop.config()]).toEqual([[CHALLENGE], [], null])
    })

    it('and with Ctrl-C neither', async () => {
      const [server, laptop] = [await wire(), await withToken()]
      const running = await asking(server, laptop)
      running.type('\u0003')
      expect(await running.ended).not.toBe(0)
      expect([requestsOf(server), await laptop.known(), await laptop.config()]).toEqual([[CHALLENGE], [], null])
    })

    it('and with yes it is used', async () => {
      const [server, laptop] = [await wire(), await withToken()]
      const running = await asking(server, laptop)
      running.type('y\r')
      expect(await running.ended, running.stdout()).toBe(0)
      expect([await laptop.known(), await laptop.config()]).toMatchObject([[{ gatewayId }], expect.stringContaining(server.url)])
    })
  })
})

needsPeer(['netns', 'own-hosts'], 'plain http in a network', (ip) => {
  let ca: TestCa
  let gateway: RunningGateway
  let device: string
  let address: string
  let url: string
  beforeAll(async () => {
    ca = await createTestCa()
    address = (await otherComputer(ip)).hostAddress
    gateway = await startGateway({ config: { gateway: { bind: address } } })
    url = `http://${address}:${gateway.port}`
    const listens = async (): Promise<void> => expect(await (await gateway.fetch('/api/overview')).text()).toContain(url)
    await vi.waitFor(listens, { timeout: 20_000 })
    device = await joinDevice(gateway)
  })

  it('the owner’s token is not sent, and nothing is dialled', async () => {
    const server = await onRequests({ host: address }, () => (_req, res) => void res.end('{}'))
    const laptop = await createLaptop(ca)
    const env = { XOPC_GATEWAY_TOKEN: gateway.token }
    for (const args of [
      ['status', '--pin', '--url', server.url],
      ['remote', 'use', server.url, '--pin'],
      ['devices', 'list', '--url', server.url.replace(address, 'home.local')],
    ]) {
      const { code, reply } = await laptop.json(args, { env, hosts: { 'home.local': address } })
      expect([code, reply.error?.code]).toEqual([1, 'DEVICE_TOKEN_NEEDED'])
      expect(reply.error?.hint).toContain('xopc remote use ssh://user@host')
    }
    const typed = await laptop.json(['remote', 'use', server.url, '--stdin', '--pin'], { input: gateway.token })
    expect(typed.reply.error?.code).toBe('DEVICE_TOKEN_NEEDED')
    const password = { XOPC_GATEWAY_PASSWORD: 'quiet-lantern-orbit-seventeen' }
    expect((await laptop.json(['status', '--url', server.url], { env: password })).reply.error?.code).toBe('DEVICE_TOKEN_NEEDED')
    expect([server.connections(), await laptop.known(), await laptop.config()]).toEqual([0, [], null])
  })

  it('nor one that is saved for it', async () => {
    const server = await onRequests({ host: address }, () => (_req, res) => void res.end('{}'))
    const laptop = await createLaptop(ca)
    const remote = { url: server.url, transport: 'direct', token: gateway.token }
    await laptop.configure(JSON.stringify({ gateway: { mode: 'remote', remote } }))
    expect((await laptop.json(['status'])).reply.error?.code).toBe('DEVICE_TOKEN_NEEDED')
    expect(server.connections()).toBe(0)
  })

  it('a device’s token is, with a warning', async () => {
    const laptop = await createLaptop(ca)
    const used = await laptop.xopc(['remote', 'use', url, '--stdin', '--pin'], { input: device })
    expect(used, used.stderr).toMatchObject({ code: 0 })
    const ran = await laptop.xopc(['status'])
    expect([ran.code, ran.stderr]).toEqual([0, `Gateway: ${url}\nWhat is said to ${url} can be read by others in that network.\n`])
    const { reply } = await laptop.json(['gateway', 'status'])
    expect(reply).toMatchObject({ gatewayId: await idOf(gateway) })
    // It may do less, and that is said by the gateway.
    const refused = await laptop.json(['devices', 'revoke', '--all'])
    expect([refused.code, refused.reply.error?.code]).toEqual([1, 'SCOPE_MISSING'])
  })

  it('a device’s token needs the key to be taken first, too', async () => {
    const laptop = await createLaptop(ca, { XOPC_GATEWAY_TOKEN: device })
    expect((await laptop.json(['status', '--url', url])).reply.error?.code).toBe('PIN_REQUIRED')
    expect(await laptop.known()).toEqual([])
  })

  it.each(['http://public.test', 'http://PORT.public.test', 'http://home', 'http://203.0.113.7', 'http://[2001:db8::7]', 'http://0.0.0.0'])(
    '%s is not dialled, with a pin or without',
    async (origin) => {
      const server = await onRequests({}, () => (_req, res) => void res.end('{}'))
      const public_ = `${origin.replace('PORT', 'a')}:${server.port}`
      const names = { 'public.test': '127.0.0.1', 'a.public.test': '127.0.0.1', home: '127.0.0.1' }
      const laptop = await createLaptop(ca, { XOPC_GATEWAY_TOKEN: device })
      await laptop.knows({ ...pin, origin: public_ })
      for (const [args, env] of [
        [['status', '--url', public_], {}],
        [['status', '--pin', '--url', public_], {}],
        [['remote', 'use', public_, '--pin'], {}],
        [['status'], { XOPC_GATEWAY_URL: public_ }],
      ] as const) {
        const { code, reply } = await laptop.json(args, { hosts: names, env })
        expect([code, reply.error?.code]).toEqual([1, 'INSECURE_URL'])
      }
      expect(server.connections()).toBe(0)
    },
  )
})

const pin = {
  gatewayId: 'g',
  publicKey: 'k'.repeat(43),
  urls: [],
  lastGood: null,
  firstSeen: '2026-11-30T12:00:00.000Z',
  lastSeen: '2026-11-30T12:00:00.000Z',
}
