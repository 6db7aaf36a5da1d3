import jsqr from 'jsqr'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Device } from '../../../src/lib/protocol/pairing-api.ts'
import { type AcmeServer, startAcme } from '../../support/acme.ts'
import { type Certificate, createTestCa } from '../../support/certs.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { otherComputer, type OtherComputer } from '../../support/netns.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { type ProxyProgram, startCaddy } from '../../support/proxy-programs.ts'
import { run } from '../../support/run.ts'
import { terminalPixels, themes } from '../../support/terminal-pixels.ts'
import { startXopc } from '../cli/running.ts'
import { NAME } from '../proxy/house.ts'
import { type PhoneRemote, startPhone } from './house.ts'

// The life of a phone that joined once, by what it sees: https through Caddy first, the local network where that fails, and back.

const terminal = { columns: 120, rows: 60 }

needsPeer(
  ['own-hosts', 'netns', 'pebble', 'pebble-challtestsrv', 'caddy-2.11', 'curl'],
  'a phone',
  (_, ip, pebble, challtestsrv, program) => {
    let other: OtherComputer
    let acme: AcmeServer
    let gateway: RunningGateway
    let stranger: RunningGateway
    let caddy: ProxyProgram
    let unknown: Certificate
    let phone: PhoneRemote
    let told: Awaited<ReturnType<PhoneRemote['join']>>
    let url: string
    let lan: string

    /** A Caddyfile that leads the name to a port; `more` stands in its site. */
    function front(port: number, more = ''): string {
      const site = `${NAME}:${acme.httpsPort} {\n${more}\nreverse_proxy 127.0.0.1:${port}\n}`
      return `{\n${acme.caddyGlobals}default_bind 127.0.0.1 ${other.hostAddress}\n}\n${site}\n`
    }

    beforeAll(async () => {
      other = await otherComputer(ip)
      acme = await startAcme(pebble, challtestsrv)
      const config = { gateway: { bind: other.hostAddress, trustedProxies: ['127.0.0.1'] } }
      gateway = await startGateway({ config, hosts: { [NAME]: '127.0.0.1' }, env: acme.env })
      unknown = await (await createTestCa()).leaf([NAME])
      caddy = await startCaddy(program, { config: front(gateway.port), port: acme.httpsPort })
      await acme.issued(NAME)
      url = `https://${NAME}:${acme.httpsPort}`
      // It says that this name is its own: what tells it from ours is its key.
      stranger = await startGateway({ config: { gateway: { publicUrl: url } } })
      lan = `http://${other.hostAddress}:${gateway.port}`
      const set = await gateway.xopc(['proxy', 'set', url])
      if (set.code !== 0) throw new Error(set.stderr)
      phone = await startPhone(other, { [NAME]: other.hostAddress }, acme.env)
      told = await phone.join(await scannedLink(), 'Pixel')
    })

    beforeEach(async () => {
      await caddyIsBack()
    })

    /** Caddy listens a moment before it has its certificate. */
    async function caddyIsBack(): Promise<void> {
      await caddy.restart(front(gateway.port))
      const asked = ['curl', '-skf', '-o', '/dev/null', '--resolve', `${NAME}:${acme.httpsPort}:127.0.0.1`, `${url}/health`] as const
      await expect.poll(async () => (await run(asked)).code, { timeout: 15_000 }).toBe(0)
    }

    /** The link as a camera reads it from the terminal of `xopc pair`. */
    async function scannedLink(): Promise<string> {
      const pair = startXopc(['pair', '--timeout', '0'], { stateDir: gateway.stateDir, terminal })
      expect(await pair.ended, pair.stderr()).toBe(0)
      const { data, width, height } = terminalPixels(pair.stdout(), { columns: terminal.columns, theme: themes.dark })
      return jsqr.default(data, width, height)?.data ?? ''
    }

    /** What the owner sees of the phone. */
    async function seen(): Promise<Device | undefined> {
      // `as`: what GET /api/devices answers.
      const list = (await (await gateway.fetch('/api/devices')).json()) as Device[]
      return list.find(({ name }) => name === 'Pixel')
    }

    /** The stream follows what the phone asks to the best address. */
    async function streamsOver(where: string): Promise<void> {
      const last = () => phone.news.findLast(({ what }) => what === 'open' || what === 'closed')
      const asking = async () => (await phone.ask('GET', '/api/devices/me'), last()?.what === 'open' ? last()?.url : null)
      await expect.poll(asking, { timeout: 15_000 }).toBe(where)
    }

    it('is told where the gateway is, best first, and by which key it proves itself', () => {
      expect(told).toMatchObject({ baseUrl: url, lanUrl: lan, connectUrls: [url, lan], gatewayId: expect.stringMatching(/^[\da-f-]{36}$/) })
      expect(told.publicKey).toMatch(/^[\w-]{43}$/)
    })

    describe('asks what phones ask', () => {
      it.each([
        ['GET', '/api/tunnel/pair/ping', undefined, 200, { ok: true, service: 'xopc-gateway', mobilePairing: true, pairingReady: true }],
        ['GET', '/api/tunnel/pair/context', undefined, 200, { blockReason: null }],
        ['POST', '/api/tunnel/pair/validate-url', { baseUrl: 'https://gateway.example.com/' }, 200, { ok: true, loopback: false }],
        ['POST', '/api/tunnel/pair/validate-url', { baseUrl: 'http://127.0.0.1:1' }, 200, { ok: false, code: 'LOOPBACK_NOT_REACHABLE' }],
        ['POST', '/api/tunnel/pair/validate-url', { baseUrl: 'https://a.example/b' }, 200, { ok: false, code: 'INVALID_URL' }],
        ['POST', '/api/agent', { message: 'hello', sessionKey: 'one' }, 503, { code: 'AGENT_NOT_CONFIGURED' }],
        ['GET', '/api/devices/me', undefined, 200, { name: 'Pixel', kind: 'app', scopes: ['read', 'run'] }],
        ['GET', '/api/devices', undefined, 403, { code: 'SCOPE_MISSING' }],
        ['POST', '/api/pair', {}, 403, { code: 'SCOPE_MISSING' }],
      ])('%s %s %j: %d', async (method, path, body, status, reply) => {
        const heard = await phone.ask(method, path, body)
        expect(heard).toMatchObject({ url, tried: [], status, body: reply })
      })

      it('and of the tunnel, which is all there and off', async () => {
        const { status, body } = await phone.ask('GET', '/api/tunnel/status')
        expect(status).toBe(200)
        expect(body).toEqual({
          enabled: false,
          state: 'disconnected',
          subdomain: null,
          publicUrl: null,
          connectedSince: null,
          frpcPid: null,
          lastHeartbeatAt: null,
          lastError: null,
          startProgress: null,
          frpcDownload: null,
          config: { autoStart: false, brokerUrl: expect.stringMatching(/^https:/) },
          consentRequired: true,
          consent: { currentVersion: expect.any(String), acceptedVersion: null, acceptedAt: null, valid: false },
          canAutoStart: false,
          registrationSecret: { configured: false, source: 'none' },
          leaseExpiresAt: null,
          closesAt: null,
        })
      })
    })

    describe('goes on over the local network, and comes back', () => {
      it.each([
        ['while nothing listens', async () => await caddy.stop(), /ECONNREFUSED/],
        [
          'while the certificate is of no known authority',
          async () => await caddy.restart(front(gateway.port, `tls ${unknown.certFile} ${unknown.keyFile}`)),
          /SELF_SIGNED|UNABLE_TO/,
        ],
        ['while the proxy says 502', async () => await caddy.restart(front(await freePort())), /status 502/],
        ['while another gateway is there', async () => await caddy.restart(front(stranger.port)), /is another gateway/],
      ])('%s', async (_what, breaks, why) => {
        expect(await phone.ask('GET', '/api/devices/me')).toMatchObject({ url, status: 200, body: { name: 'Pixel' } })
        expect(await seen()).toMatchObject({ lastIngress: 'local', lastIp: other.address })
        await breaks()
        const before = (await caddy.requests()).length
        const away = await phone.ask('GET', '/api/devices/me')
        expect(away).toMatchObject({ url: lan, status: 200, body: { name: 'Pixel' } })
        expect(away.tried).toEqual([expect.stringMatching(why)])
        expect(await seen()).toMatchObject({ lastIngress: 'lan', lastIp: other.address })
        await caddyIsBack()
        expect(await phone.ask('GET', '/api/devices/me')).toMatchObject({ url, tried: [], status: 200 })
        expect(await seen()).toMatchObject({ lastIngress: 'local', lastIp: other.address })
        // The phone asked for a proof and, where it got none, showed nothing of its own.
        const asked = (await caddy.requests()).slice(before).filter(({ authorized, status }) => authorized && status !== 200)
        expect(asked).toEqual([])
      })
    })

    it('holds its events over whatever way there is, and misses none', async () => {
      const link = await scannedLink()
      await phone.listen()
      expect(await phone.hears('connected')).toMatchObject({ url })
      const from = phone.news.length
      await caddy.stop()
      // Somebody joins while the stream is on its way from one address to the other.
      const body = JSON.stringify({ pairingSecret: new URL(link).searchParams.get('ps'), deviceName: 'Guest' })
      const joined = await fetch(`${lan}/api/tunnel/exchange-token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      expect(joined.status).toBe(200)
      await phone.hears('closed', from)
      expect(await phone.hears('open', from)).toMatchObject({ url: lan })
      await phone.hears('device.paired', from)
      await caddyIsBack()
      await streamsOver(url)
      expect(phone.news.slice(from).filter(({ what }) => what === 'device.paired')).toHaveLength(1)
    })

    it('brings a code over https once, whoever else brings it at the same time; a part of it is worth nothing', async () => {
      const link = await scannedLink()
      expect(await phone.exchange(link.slice(0, -1), 'Cut')).toMatchObject({ url, status: 401, body: { code: 'PAIRING_INVALID' } })
      const both = await Promise.all([phone.exchange(link, 'Twin'), phone.exchange(link, 'Twin')])
      expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401])
      expect(await phone.exchange(link, 'Late')).toMatchObject({ status: 401, body: { code: 'PAIRING_INVALID' } })
      // `as`: what GET /api/devices answers.
      const names = ((await (await gateway.fetch('/api/devices')).json()) as Device[]).map(({ name }) => name)
      expect(names.filter((name) => name !== 'Guest').toSorted()).toEqual(['Pixel', 'Twin'])
    })

    it('that is revoked in the middle loses its stream within a second, and is told so by every way', async () => {
      const { id } = (await seen()) ?? { id: '' }
      await streamsOver(url)
      const from = phone.news.length
      const at = Date.now()
      expect((await gateway.fetch(`/api/devices/${id}`, { method: 'DELETE' })).status).toBeLessThan(300)
      const closed = await phone.hears('closed', from)
      expect(closed.at - at).toBeLessThan(1000)
      expect(await phone.hears(/^\d/, from)).toMatchObject({ what: '401 invalid_token' })
      expect(await phone.ask('GET', '/api/devices/me')).toMatchObject({ url, status: 401, body: { code: 'invalid_token' } })
      await caddy.stop()
      expect(await phone.ask('GET', '/api/devices/me')).toMatchObject({ url: lan, status: 401, body: { code: 'invalid_token' } })
    })
  },
)
