import { createServer, type Socket } from 'node:net'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestCa, type TestCa } from '../../support/certs.ts'
import { atEnd } from '../../support/cleanup.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { onRequests } from '../../support/misbehaving.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { type ProxyProgram, startCaddy } from '../../support/proxy-programs.ts'
import { createLaptop, heardBy, type Home, hosts, type Laptop, openHome, OTHER_NAME, signInAt, siteFor } from './direct-house.ts'

// A gateway with two addresses, each behind a Caddy of its own: the laptop was told the first one, and learnt the second from the gateway.

needsPeer(['own-hosts', 'caddy-2.11'], 'a gateway with two addresses', (_, caddy) => {
  let ca: TestCa
  let home: Home
  let impostor: RunningGateway
  let first: { url: string; port: number; caddy: ProxyProgram; genuine: string; false: string }
  let laptop: Laptop
  beforeAll(async () => {
    ca = await createTestCa()
    home = await openHome(caddy, ca)
    const port = await freePort()
    const url = `https://${OTHER_NAME}:${port}`
    impostor = await startGateway({ config: { gateway: { publicUrl: url } }, hosts, env: ca.env })
    const genuine = await siteFor(ca, { port, to: home.gateway.port, name: OTHER_NAME })
    const wrong = await siteFor(ca, { port, to: impostor.port, name: OTHER_NAME })
    first = { url, port, genuine, false: wrong, caddy: await startCaddy(caddy, { config: genuine, port }) }
    await signInAt(home.gateway, url)
  })

  beforeEach(async () => {
    await Promise.all([first.caddy.restart(first.genuine), home.caddy.restart()])
    // A gateway names no address that it has just seen failing: it looks again first.
    const seen = await home.gateway.xopc(['proxy', 'set', home.url])
    if (seen.code !== 0) throw new Error(seen.stdout)
    laptop = await createLaptop(ca)
    const used = await laptop.xopc(['remote', 'use', first.url, '--stdin'], { input: home.gateway.token })
    if (used.code !== 0) throw new Error(used.stderr)
  })

  /** By which address a command went, or with which error it ended; and how long it took. */
  async function goes(): Promise<{ by: string; ms: number }> {
    const begin = performance.now()
    const { code, reply } = await laptop.json(['remote', 'status'])
    const ms = performance.now() - begin
    expect(code, JSON.stringify(reply)).toBe(0)
    if (reply['reached'] === true) expect(reply['gatewayId']).toBe(home.gatewayId)
    return { by: String(reply['by'] ?? reply.error?.code), ms }
  }
  const lastGood = async (): Promise<string | null | undefined> => (await laptop.known())[0]?.lastGood

  /** In place of Caddy, at the first address: accepts connections and says nothing. */
  async function silence(): Promise<() => Promise<unknown>> {
    await first.caddy.stop()
    const open = new Set<Socket>()
    const server = createServer((socket) => void open.add(socket.on('error', () => {})))
    await new Promise<void>((resolve) => server.listen(first.port, '127.0.0.1', resolve))
    const end = async (): Promise<unknown> => {
      for (const socket of open) socket.destroy()
      return await new Promise((resolve) => server.close(resolve))
    }
    atEnd(end)
    return end
  }

  it('is known by both, and reached by the one that was named', async () => {
    expect(await laptop.known()).toMatchObject([{ origin: first.url, urls: [home.url, first.url], lastGood: null }])
    expect((await goes()).by).toBe(first.url)
  })

  it('goes on by the second where the first is stopped, remembers it, and comes back', async () => {
    await first.caddy.stop()
    const without = await goes()
    expect([without.by, await lastGood()]).toEqual([home.url, home.url])
    expect(without.ms).toBeLessThan(5_000)
    const shown = await laptop.xopc(['devices', 'list'])
    expect([shown.code, shown.stderr]).toEqual([0, `Gateway: ${home.url}\n`])
    await first.caddy.restart()
    expect([(await goes()).by, await lastGood()]).toEqual([first.url, null])
  })

  it('goes on by the second where the first does not answer, again and again, and comes back', async () => {
    const end = await silence()
    try {
      const [before, then] = [await goes(), await goes()]
      expect([before.by, then.by, await lastGood()]).toEqual([home.url, home.url, home.url])
      // A connection that nobody answers is given up on after ten.
      for (const { ms } of [before, then]) expect(ms).toBeLessThan(5_000)
    } finally {
      await end()
    }
    await first.caddy.restart()
    expect([(await goes()).by, await lastGood()]).toEqual([first.url, null])
  })

  it('goes on by the second where the gateway is not behind the first any more', async () => {
    await first.caddy.restart(first.genuine.replace(`127.0.0.1:${home.gateway.port}`, `127.0.0.1:${await freePort()}`))
    expect((await goes()).by).toBe(home.url)
  })

  it('goes on by the second where somebody else has the first, who gets no token', async () => {
    const asked = (await first.caddy.requests()).length
    await first.caddy.restart(first.false)
    expect((await goes()).by).toBe(home.url)
    const changed = await laptop.json(['gateway', 'status'])
    expect([changed.code, changed.reply['gatewayId']]).toEqual([0, home.gatewayId])
    const heard = await heardBy(first.caddy, asked)
    expect(heard.length).toBeGreaterThan(0)
    expect(heard.filter(({ authorized, path }) => authorized || !path.endsWith('/challenge'))).toEqual([])
  })

  it('is not reached where both are down, which is one error about the first', async () => {
    await Promise.all([first.caddy.stop(), home.caddy.stop()])
    const { code, reply } = await laptop.json(['status'])
    expect([code, reply.error?.code]).toEqual([1, 'REMOTE_UNREACHABLE'])
    expect(reply.error?.message).toContain(first.url)
    const status = await laptop.json(['remote', 'status', '--check'])
    expect([status.code, status.reply]).toMatchObject([
      1,
      { reached: false, gatewayId: home.gatewayId, by: null, error: { code: 'REMOTE_UNREACHABLE' } },
    ])
  })

  it('is another one where somebody else has all', async () => {
    await Promise.all([first.caddy.restart(first.false), home.caddy.stop()])
    expect((await laptop.json(['status'])).reply.error?.code).toBe('WRONG_GATEWAY')
    const falseHome = await startGateway({ config: { gateway: { publicUrl: home.url } }, hosts, env: ca.env })
    await home.caddy.restart(await siteFor(ca, { port: Number(new URL(home.url).port), to: falseHome.port }))
    const { code, reply } = await laptop.json(['status'])
    expect([code, reply.error?.code]).toEqual([1, 'WRONG_GATEWAY'])
    expect(reply.error?.hint).toContain(`xopc remote forget ${first.url}`)
    // Whoever has them now got nothing, and the pin is what it was.
    expect(await laptop.known()).toMatchObject([{ gatewayId: home.gatewayId }])
    await home.caddy.restart(await siteFor(ca, { port: Number(new URL(home.url).port), to: home.gateway.port }))
  })

  describe('is not looked for', () => {
    it.each([
      ['at a public name over plain http', 'http://other.test'],
      ['at an address of a network over plain http, with the owner’s token', 'http://home.local'],
      ['at another scheme', 'ftp://127.0.0.1'],
      ['with a path', 'http://127.0.0.1/x'],
      ['with a user', 'http://a@127.0.0.1'],
      ['at what is no URL', 'nonsense'],
    ])('%s, whatever it said', async (_what, origin) => {
      const server = await onRequests({}, () => (_req, res) => void res.end('{}'))
      const [known] = await laptop.known()
      await laptop.forgets(first.url)
      const url = origin.replace(/\/\/[^/]+/, (host) => `${host}:${server.port}`)
      if (known !== undefined) await laptop.knows({ ...known, urls: [url], lastGood: url })
      await first.caddy.stop()
      const { reply } = await laptop.json(['status'], { hosts: { ...hosts, 'home.local': '127.0.0.1' } })
      expect([reply.error?.code, server.connections()]).toEqual(['REMOTE_UNREACHABLE', 0])
    })
  })
})
