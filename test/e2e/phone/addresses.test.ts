import { once } from 'node:events'
import { createServer } from 'node:net'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Overview } from '../../../src/lib/protocol/http-api.ts'
import type { PairContext, PairingCode } from '../../../src/lib/protocol/pairing-api.ts'
import { createTestCa, type TestCa } from '../../support/certs.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { otherComputer } from '../../support/netns.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { type ProxyProgram, startCaddy } from '../../support/proxy-programs.ts'
import { errorIn } from '../cli/house.ts'
import { NAME } from '../proxy/house.ts'

// Which address a code is made for: what a person names, and what the gateway finds by looking when it is asked.

interface Refusal {
  code: string
  message: string
  hint: string
}

needsPeer(['own-hosts', 'netns', 'caddy-2.11'], 'the address of a code', (_, ip, program) => {
  let ca: TestCa
  let caddy: ProxyProgram
  let port: number
  let url: string
  let lan: string
  let host: string
  let stranger: RunningGateway
  let gateway: RunningGateway

  async function front(to: number): Promise<string> {
    const { certFile, keyFile } = await ca.leaf([NAME])
    return `{\nhttp_port ${await freePort()}\n}\n${NAME}:${port} {\nbind 127.0.0.1\ntls ${certFile} ${keyFile}\nreverse_proxy 127.0.0.1:${to}\n}\n`
  }

  async function pair(body: object = {}, from = gateway): Promise<{ status: number; body: PairingCode & Refusal; ms: number }> {
    const headers = { authorization: `Bearer ${from.token}`, 'content-type': 'application/json' }
    const begin = performance.now()
    const reply = await from.fetch('/api/pair', { method: 'POST', headers, body: JSON.stringify(body) })
    // `as`: a code, or what is said in its place.
    return { status: reply.status, body: (await reply.json()) as PairingCode & Refusal, ms: performance.now() - begin }
  }

  async function context(from = gateway): Promise<PairContext> {
    // `as`: what GET pair/context answers.
    return (await (await from.fetch('/api/tunnel/pair/context')).json()) as PairContext
  }

  /** Link of a waiting code of the owner, or nothing. */
  async function waiting(from: RunningGateway): Promise<string> {
    return ((await (await from.fetch('/api/tunnel/qr')).json()) as { qrPayload: string }).qrPayload
  }

  async function start(more: object = {}): Promise<RunningGateway> {
    return await startGateway({ config: { gateway: { publicUrl: url, ...more } }, hosts: { [NAME]: '127.0.0.1' }, env: ca.env })
  }

  /** Resolves once the gateway has looked at its proxy and found it out of order. */
  async function degraded(from: RunningGateway): Promise<void> {
    const state = async () => await (await from.fetch('/api/overview')).text()
    await expect.poll(state, { timeout: 20_000 }).toContain('"phase":"degraded"')
  }

  /** The phase of the local network. */
  async function lanOf(from: RunningGateway): Promise<string | undefined> {
    // `as`: what GET /api/overview answers.
    const { methods } = (await (await from.fetch('/api/overview')).json()) as Overview
    return methods.find(({ id }) => id === 'lan')?.state.phase
  }

  beforeAll(async () => {
    ca = await createTestCa()
    const other = await otherComputer(ip)
    port = await freePort()
    url = `https://${NAME}:${port}`
    stranger = await startGateway()
    gateway = await start({ bind: other.hostAddress })
    host = other.hostAddress
    lan = `http://${host}:${gateway.port}`
    caddy = await startCaddy(program, { config: await front(gateway.port), port })
  })

  describe('as a person names it', () => {
    it.each([
      ['is the device itself', () => 'https://localhost', 400, 'LOOPBACK_NOT_REACHABLE', 'xopc status'],
      ['is the device itself, by number', () => 'http://127.0.0.1:18790', 400, 'LOOPBACK_NOT_REACHABLE', 'xopc status'],
      ['is the device itself, in short', () => 'http://127.1', 400, 'LOOPBACK_NOT_REACHABLE', 'xopc status'],
      ['is the device itself, as IPv6', () => 'http://[::ffff:7f00:1]', 400, 'LOOPBACK_NOT_REACHABLE', 'xopc status'],
      ['is the device itself, with a dot behind', () => 'https://localhost.', 400, 'LOOPBACK_NOT_REACHABLE', 'xopc status'],
      ['is the device itself, in full-width letters', () => 'https://ｌｏｃａｌｈｏｓｔ', 400, 'LOOPBACK_NOT_REACHABLE', 'xopc status'],
      ['is any address of a computer', () => 'http://0.0.0.0:18790', 400, 'requires_https', ''],
      ['has a path', () => `${url}/xopc`, 400, 'has_path', ''],
      ['has a query', () => `${url}/?a=b`, 400, 'has_query_or_fragment', ''],
      ['has a fragment', () => `${url}/#a`, 400, 'has_query_or_fragment', ''],
      ['has a user', () => `https://me:secret@${NAME}:${port}`, 400, 'has_userinfo', ''],
      ['has an empty user', () => `https://@${NAME}:${port}`, 400, 'has_userinfo', ''],
      ['has a line break inside', () => `https://gate\nway.test:${port}`, 400, 'invalid_url', ''],
      ['has an escape inside', () => `https://gateway\u001b[31m.test:${port}`, 400, 'invalid_url', ''],
      ['has a backslash', () => `https://${NAME}:${port}\\@evil.example`, 400, 'invalid_url', ''],
      ['has the zone of an interface', () => 'http://[fe80::1%25eth0]:18790', 400, 'invalid_url', ''],
      ['is of another scheme', () => 'javascript:alert(1)', 400, 'invalid_scheme', ''],
      ['goes over the internet without https', () => `http://gateway.example.com`, 400, 'requires_https', ''],
      ['looks like the name in other letters', () => `https://gаteway.test:${port}`, 409, 'DNS_OR_CONN_REFUSED', ''],
      ['is nowhere', () => 'https://gateway.invalid', 409, 'DNS_OR_CONN_REFUSED', ''],
      ['ends with a dot', () => `https://${NAME}.:${port}`, 409, '', ''],
      ['is another port', () => `https://${NAME}:443`, 409, 'DNS_OR_CONN_REFUSED', ''],
    ])('one that %s is refused, and nothing is minted', async (_what, given, status, code, hint) => {
      const reply = await pair({ baseUrl: given() })
      expect(reply, JSON.stringify(reply)).toMatchObject({
        status,
        body: { code: expect.stringContaining(code), hint: expect.stringContaining(hint) },
      })
      expect(reply.body.hint.length).toBeGreaterThan(5)
      // No control character and no secret comes back.
      expect(JSON.stringify(reply.body)).not.toMatch(/\\u00[01]|secret/)
      expect(await waiting(gateway)).toBe('')
    })

    it.each([
      ['in upper case', () => `HTTPS://${NAME.toUpperCase()}:${port}`],
      ['with a slash behind', () => `${url}/`],
      ['with blanks around', () => ` ${url} `],
    ])('one that leads here is taken, also %s', async (_what, given) => {
      const { status, body } = await pair({ baseUrl: given() })
      expect([status, body.baseUrl, body.lanUrl], JSON.stringify(body)).toEqual([200, url, lan])
      await gateway.fetch(`/api/pair/${body.id}`, { method: 'DELETE' })
    })

    it('one that belongs to another gateway is refused before there is a code, also in a terminal', async () => {
      await caddy.restart(await front(stranger.port))
      expect(await pair({ baseUrl: url })).toMatchObject({ status: 409, body: { code: 'WRONG_GATEWAY', hint: expect.any(String) } })
      expect(await waiting(gateway)).toBe('')
      const alone = await start()
      const ran = await alone.xopc(['pair', '--timeout', '0', '--json'])
      expect([ran.code, errorIn(ran.stdout).code]).toEqual([1, 'NO_REACHABLE_URL'])
      expect(errorIn(ran.stdout).message).toContain(`${url} (WRONG_GATEWAY)`)
      expect(await waiting(alone)).toBe('')
      await caddy.restart(await front(gateway.port))
    })
  })

  describe('as the gateway finds it', () => {
    let alone: RunningGateway
    beforeEach(async () => {
      await caddy.stop()
      alone = await start()
      await degraded(alone)
    })

    it('is none while the proxy is down: the terminal says which address, why, and what to type', async () => {
      const ran = await alone.xopc(['pair', '--timeout', '0'])
      expect([ran.code, ran.stdout]).toEqual([1, ''])
      const said = ran.stderr.replaceAll(/\s+/g, ' ')
      expect(said).toContain(`proxy, ${url} (DNS_OR_CONN_REFUSED): Nothing listens at 127.0.0.1`)
      expect(said).toContain(`xopc proxy test ${url}`)
      expect(said).toContain('NO_REACHABLE_URL')
      expect(await waiting(alone)).toBe('')
    })

    it('is the proxy as soon as it has started, without waiting for the next look', async () => {
      await caddy.restart(await front(alone.port))
      const first = await pair({}, alone)
      expect(first).toMatchObject({ status: 200, body: { baseUrl: url, state: 'waiting' } })
      expect(first.ms).toBeLessThan(3000)
      expect(await context(alone)).toMatchObject({
        recommended: url,
        blockReason: null,
        candidates: expect.arrayContaining([{ kind: 'reverse-proxy', url, reachable: true }]),
      })
    })

    it('a stranger’s ping makes it look at nothing', async () => {
      await caddy.restart(await front(alone.port))
      const before = (await caddy.requests()).length
      const pings = 12
      for (let sent = 0; sent < pings; sent++) {
        const ping = await fetch(`${alone.url}/api/tunnel/pair/ping`)
        expect(await ping.json()).toMatchObject({ ok: true })
      }
      const own = (await caddy.requests()).slice(before)
      // The gateway's own standing look may come in between; one for each ping would be the stranger's doing.
      expect(own.filter(({ path }) => path.includes('challenge')).length).toBeLessThan(pings / 2)
    })

    it('is one of the network that opened, where another one did not', async () => {
      const busy = await freePort()
      await otherComputer(ip)
      const taken = createServer().listen(busy, host)
      await once(taken, 'listening')
      try {
        const partly = await start({ bind: 'lan', port: busy })
        await expect.poll(async () => await lanOf(partly), { timeout: 15_000 }).toBe('degraded')
        const reply = await pair({}, partly)
        expect(reply, JSON.stringify(reply)).toMatchObject({
          status: 200,
          body: { baseUrl: expect.stringMatching(/^http:/), state: 'waiting' },
        })
        expect(reply.body.baseUrl).not.toContain(host)
        expect(await context(partly)).toMatchObject({ recommended: reply.body.baseUrl })
        await partly.stop()
      } finally {
        taken.close()
      }
    })

    it('is the network’s while the proxy hangs, and that takes no longer than a person waits', async () => {
      const silent = createServer(() => {}).listen(port, '127.0.0.1')
      await once(silent, 'listening')
      try {
        const both = await start({ bind: host })
        const { status, body, ms } = await pair({}, both)
        expect([status, body.baseUrl, body.lanUrl], JSON.stringify(body)).toEqual([200, `http://${host}:${both.port}`, null])
        expect(ms).toBeLessThan(5000)
        await both.stop()
      } finally {
        silent.close()
      }
    })
  })

  it('is given at once where all is known to work', async () => {
    await caddy.restart(await front(gateway.port))
    await gateway.xopc(['proxy', 'set', url])
    const before = (await caddy.requests()).length
    const times = [await pair(), await pair(), await pair()].map(({ status, body, ms }) => {
      expect([status, body.baseUrl]).toEqual([200, url])
      return ms
    })
    expect(Math.min(...times)).toBeLessThan(500)
    // The proxy saw nothing of it.
    const challenges = (await caddy.requests()).slice(before).filter(({ path }) => path.includes('challenge'))
    expect(challenges.length).toBeLessThanOrEqual(1)
  })
})
