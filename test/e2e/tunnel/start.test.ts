import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Plan } from '../../../src/lib/access/access-method.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { startGateway, xopc } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { type RunningBroker, startBroker } from '../broker/house.ts'
import {
  agreed,
  askControl,
  millisecondsUntil,
  overviewOf,
  statusIn,
  startTunnel,
  tunnelGateway,
  tunnelOf,
  tunnelPeers,
  untilVerified,
  untilView,
  viewOf,
  visit,
} from './house.ts'

needsPeer(tunnelPeers, 'the public tunnel, by a broker on this computer', (frps, frpc) => {
  let broker: RunningBroker = undefined as never
  beforeAll(async () => {
    broker = await startBroker(frps)
  })
  const gatewayAt = (options: Parameters<typeof tunnelGateway>[2] = {}) => tunnelGateway(frpc, broker.url, options)

  describe('xopc tunnel start', () => {
    it('as the broker says it is typed: opens an address that leads here, and stop closes it within 2 s', async () => {
      const gateway = await startGateway({ env: { XOPC_FRPC_PATH: frpc } })
      const ran = await gateway.xopc(['tunnel', 'start', '--accept-risk', '--broker', broker.url])
      expect([ran.code, ran.stderr]).toEqual([
        0,
        expect.stringMatching(/✓ getting frpc ready .*\n.*✓ registering with .*\n.*✓ connecting to .*\n/s),
      ])
      const [url = ''] = /http:\/\/\w+\.localhost:\d+/.exec(ran.stdout) ?? []
      expect(ran.stdout).toContain('This computer, and nobody else, can reach the gateway there')
      expect(await visit(`${url}/health`)).toMatchObject({ status: 200, text: expect.stringContaining('"status":"ok"') })
      const test = await gateway.xopc(['proxy', 'test', url])
      expect([test.code, test.stdout + test.stderr]).toEqual([0, expect.stringContaining('Works: ')])
      expect((await gateway.xopc(['tunnel', 'stop'])).code).toBe(0)
      expect(await millisecondsUntil(async () => (await visit(`${url}/health`)).status === 404, 2000)).toBeLessThan(2000)
      expect(existsSync(join(gateway.stateDir, 'run/frpc.toml'))).toBe(false)
    })

    it('tells what is asked for in the terms of the API, and is connected only once it was visited', async () => {
      const gateway = await gatewayAt()
      expect(await tunnelOf(gateway)).toMatchObject({ state: 'disconnected', publicUrl: null, frpcPid: null, canAutoStart: false })
      const url = await startTunnel(gateway)
      await untilVerified(gateway)
      const status = await tunnelOf(gateway)
      expect(status).toMatchObject({
        enabled: true,
        state: 'connected',
        publicUrl: url,
        subdomain: new URL(url).hostname.split('.')[0],
        frpcPid: expect.any(Number),
        lastError: null,
        startProgress: null,
        canAutoStart: true,
        consentRequired: false,
        registrationSecret: { configured: true, source: 'dev' },
        leaseExpiresAt: expect.any(String),
        closesAt: null,
      })
      expect(await viewOf(gateway)).toMatchObject({ audience: 'internet', state: { verified: { vantage: 'self' } } })
    })

    it('twice is one tunnel, at the same address', async () => {
      const gateway = await gatewayAt()
      const [first, second] = await Promise.all([startTunnel(gateway), startTunnel(gateway)])
      expect(second).toBe(first)
      const { frpcPid } = await tunnelOf(gateway)
      expect(await startTunnel(gateway)).toBe(first)
      expect((await tunnelOf(gateway)).frpcPid).toBe(frpcPid)
    })

    it('keeps its name over stop, start and a restart of the gateway', async () => {
      const gateway = await gatewayAt()
      const url = await startTunnel(gateway)
      await gateway.xopc(['tunnel', 'stop'])
      expect(await startTunnel(gateway)).toBe(url)
      await gateway.stop()
      const next = await gatewayAt({ stateDir: gateway.stateDir })
      expect(await startTunnel(next)).toBe(url)
      // The run of before is no other gateway.
      await expect.poll(async () => (await tunnelOf(next)).lastHeartbeatAt, { timeout: 20_000 }).not.toBeNull()
      expect((await overviewOf(next)).conflicts).toEqual([])
    })

    it('shows what it would do, and does nothing', async () => {
      const gateway = await gatewayAt()
      const ran = await gateway.xopc(['tunnel', 'start', '--dry-run', '--json'])
      const { steps }: Plan = JSON.parse(ran.stdout)
      expect(steps.map(({ title }) => title)).toEqual([
        expect.stringMatching(/^register with http:\/\/127\.0\.0\.1:\d+, and get a name$/),
        'listen on a unix socket of its own for frpc',
        'open it to this computer alone, by a broker for trying',
      ])
      expect(await tunnelOf(gateway)).toMatchObject({ enabled: false, state: 'disconnected' })
    })

    it('for a time saves nothing, and closes by itself', async () => {
      const gateway = await gatewayAt()
      const before = await readFile(join(gateway.stateDir, 'xopc.json'), 'utf8')
      const url = await startTunnel(gateway, ['--for', '12s'])
      expect(await tunnelOf(gateway)).toMatchObject({ state: 'connected', closesAt: expect.any(String) })
      await untilView(gateway, { intended: false, state: { phase: 'off' } }, 20_000)
      expect((await visit(`${url}/health`)).status).toBe(404)
      expect(await readFile(join(gateway.stateDir, 'xopc.json'), 'utf8')).toBe(before)
    })

    it('gets the name that is asked for, and says where it cannot be had', async () => {
      const name = `x${randomBytes(4).toString('hex')}`
      const gateway = await gatewayAt({ tunnel: { subdomain: name } })
      expect(new URL(await startTunnel(gateway)).hostname).toBe(`${name}.localhost`)
      const other = await gatewayAt({ tunnel: { subdomain: name } })
      const ran = await other.xopc(['tunnel', 'start', '--json'])
      expect([ran.code, statusIn(ran)]).toMatchObject([1, { state: 'error', lastError: { code: 'TUNNEL_SUBDOMAIN_TAKEN' } }])
      await other.xopc(['config', 'unset', 'tunnel.subdomain'])
      await untilVerified(other)
    })
  })

  describe('is refused', () => {
    it.each([
      ['without agreement', { consent: undefined }, {}, 'TUNNEL_CONSENT_REQUIRED', 403],
      ['with the agreement to an older text', { consent: { ...agreed, version: '2025-01' } }, {}, 'TUNNEL_CONSENT_REQUIRED', 403],
      [
        'without a secret, at a broker that is not for trying',
        { brokerUrl: 'https://broker.example/api' },
        {},
        'TUNNEL_REGISTRATION_SECRET_REQUIRED',
        400,
      ],
      [
        'over plain http, at a broker of the internet',
        { brokerUrl: 'http://broker.example/api', registrationSecret: 'secret-of-a-test' },
        {},
        'TUNNEL_BROKER_INSECURE',
        400,
      ],
      ['while nobody is asked who they are', {}, { auth: { mode: 'none' } }, 'TUNNEL_AUTH_REQUIRED', 403],
    ])('%s', async (_, tunnel, gateway, code, status) => {
      const running = await tunnelGateway(frpc, broker.url, {
        config: { gateway, tunnel: { brokerUrl: broker.url, consent: agreed, ...tunnel } },
      })
      expect(await askControl(running, '/tunnel/start', 'POST', {})).toMatchObject({ status, json: { code } })
      const ran = await running.xopc(['tunnel', 'start'])
      expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining(code)])
      expect(await tunnelOf(running)).toMatchObject({ enabled: false, state: 'disconnected' })
    })

    it('by the wrong secret, and goes on with the right one by itself', async () => {
      const gateway = await gatewayAt({ tunnel: { registrationSecret: 'not-the-secret' } })
      const ran = await gateway.xopc(['tunnel', 'start'])
      expect([ran.code, ran.stdout]).toEqual([1, expect.stringContaining('xopc tunnel secret set --stdin')])
      expect(await tunnelOf(gateway)).toMatchObject({ state: 'error', lastError: { code: 'TUNNEL_SECRET_REFUSED' } })
      expect((await gateway.xopc(['tunnel', 'secret', 'clear'])).code).toBe(0)
      await untilVerified(gateway)
    })

    it('without a gateway', async () => {
      const ran = await xopc(['tunnel', 'start', '--accept-risk'])
      expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining('GATEWAY_NOT_RUNNING')])
    })

    it('more than 12 times in 5 minutes, but by the owner’s own programs', async () => {
      const gateway = await gatewayAt({ tunnel: { consent: undefined } })
      const start = async (): Promise<number> => (await gateway.fetch('/api/tunnel/start', { method: 'POST' })).status
      const statuses: number[] = []
      for (let count = 0; count < 13; count++) statuses.push(await start())
      expect(statuses).toEqual([...Array.from({ length: 12 }, () => 403), 429])
      expect((await gateway.fetch('/api/tunnel/stop', { method: 'POST' })).status).toBe(200)
      expect(await askControl(gateway, '/tunnel/start', 'POST', {})).toMatchObject({ status: 403 })
    })
  })

  describe('xopc tunnel secret', () => {
    const sourceAt = async (stateDir: string, env: NodeJS.ProcessEnv = {}): Promise<unknown> =>
      statusIn(await xopc(['tunnel', 'status', '--json'], { stateDir, env })).registrationSecret

    it('is taken from the environment, then the file, then the well-known one of brokers for trying', async () => {
      const stateDir = await tempFolder()
      const isSource = async (source: string, env?: NodeJS.ProcessEnv) =>
        expect(await sourceAt(stateDir, env)).toEqual({ configured: source !== 'none', source })
      const secret = 'sEcReT-of-a-broker-0123456789'
      await isSource('none')
      expect((await xopc(['tunnel', 'secret', 'set', '--stdin'], { stateDir, input: `${secret}\n` })).code).toBe(0)
      expect(await readFile(join(stateDir, 'xopc.json'), 'utf8')).toContain(secret)
      await isSource('config')
      await isSource('env', { XOPC_TUNNEL_REGISTRATION_SECRET: 'another-one-0123456789' })
      expect((await xopc(['tunnel', 'secret', 'clear'], { stateDir })).code).toBe(0)
      await isSource('none')
      await isSource('dev', { XOPC_TUNNEL_BROKER_URL: 'http://127.0.0.1:7100/api' })
      await isSource('env', {
        XOPC_TUNNEL_BROKER_URL: 'http://127.0.0.1:7100/api',
        XOPC_TUNNEL_REGISTRATION_SECRET: 'another-one-0123456789',
      })
    })

    it.each([
      ['empty', ''],
      ['with spaces', 'two words'],
      ['a mask', '••••••••••••'],
    ])('is not saved: %s', async (_, input) => {
      const stateDir = await tempFolder()
      const ran = await xopc(['tunnel', 'secret', 'set', '--stdin'], { stateDir, input })
      expect(ran.code).not.toBe(0)
      expect(await sourceAt(stateDir)).toMatchObject({ source: 'none' })
    })

    it('of the environment is not sent to another broker, either', async () => {
      const env = { XOPC_TUNNEL_REGISTRATION_SECRET: 'secret-of-a-test' }
      const gateway = await tunnelGateway(frpc, 'https://broker.example/api', { env })
      for (const more of [[], ['--for', '30m']]) {
        const ran = await gateway.xopc(['tunnel', 'start', '--broker', broker.url, ...more])
        expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining('CONFIG_SECRET_NEEDED')])
      }
      expect((await tunnelOf(gateway)).config.brokerUrl).toBe('https://broker.example/api')
    })

    it.each([
      ['of the environment', { XOPC_TUNNEL_REGISTRATION_SECRET: 'secret-of-a-test' }, {}],
      ['that was saved', {}, { registrationSecret: 'secret-of-a-test' }],
      [
        'that was saved after trying one on this computer',
        {},
        { registrationSecret: 'secret-of-a-test', brokerUrl: 'http://127.0.0.1:9/api' },
      ],
    ])('%s goes to the first broker that is named', async (_, env, tunnel) => {
      const gateway = await startGateway({ env: { XOPC_FRPC_PATH: frpc, ...env }, config: { tunnel } })
      const ran = await gateway.xopc(['tunnel', 'start', '--accept-risk', '--broker', broker.url])
      // This one was made for nobody there: it was seen.
      expect([ran.code, ran.stdout]).toEqual([1, expect.stringContaining('does not take the registration secret')])
    })

    it('that was shown to one broker goes to no other, when the first is not named any more', async () => {
      const env = { XOPC_TUNNEL_REGISTRATION_SECRET: 'secret-of-a-test' }
      const gateway = await tunnelGateway(frpc, 'https://broker.example/api', { env })
      const lease = {
        brokerUrl: 'https://broker.example/api',
        tunnelId: 'one',
        tunnelToken: 'two',
        subdomain: 'home',
        publicUrl: 'https://home.broker.example',
        frpc: { serverAddr: 'broker.example', serverPort: 7000, proxyName: 'one' },
        registeredAt: new Date().toISOString(),
        succeededAt: null,
      }
      await writeFile(join(gateway.stateDir, 'tunnel.json'), JSON.stringify(lease))
      expect((await gateway.xopc(['config', 'unset', 'tunnel.brokerUrl'])).code).toBe(0)
      const tries = [
        ['--broker', broker.url],
        ['--broker', broker.url, '--dry-run'],
      ]
      for (const args of tries) {
        const ran = await gateway.xopc(['tunnel', 'start', ...args])
        expect([ran.code, ran.stdout + ran.stderr]).toEqual([1, expect.stringContaining('xopc config set tunnel.brokerUrl=<url>')])
      }
      expect((await gateway.xopc(['config', 'set', `tunnel.brokerUrl=${broker.url}`])).code).toBe(0)
      const ran = await gateway.xopc(['tunnel', 'start'])
      expect([ran.code, ran.stdout]).toEqual([1, expect.stringContaining('does not take the registration secret')])
    })

    it('is not sent to another broker than it was saved for', async () => {
      const gateway = await gatewayAt({ tunnel: { brokerUrl: 'https://broker.example/api', registrationSecret: 'secret-of-a-test' } })
      const ran = await gateway.xopc(['tunnel', 'start', '--broker', broker.url])
      expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining('CONFIG_SECRET_NEEDED')])
      expect((await tunnelOf(gateway)).config.brokerUrl).toBe('https://broker.example/api')
    })
  })

  describe('xopc tunnel stop --release', () => {
    it('gives the name back, for ever, and the next start gets another', async () => {
      const gateway = await gatewayAt()
      const url = await startTunnel(gateway)
      const asked = await gateway.xopc(['tunnel', 'stop', '--release'])
      expect([asked.code, asked.stderr]).toEqual([1, expect.stringContaining('--yes')])
      expect(await tunnelOf(gateway)).toMatchObject({ state: 'connected' })
      const ran = await gateway.xopc(['tunnel', 'stop', '--release', '--yes'])
      expect([ran.code, ran.stdout]).toEqual([0, expect.stringContaining('was given back')])
      expect(await tunnelOf(gateway)).toMatchObject({ state: 'disconnected', subdomain: null, canAutoStart: false })
      const audit = await readFile(join(gateway.stateDir, 'logs', 'audit.log'), 'utf8')
      // Nothing was lost that was stopped.
      expect([audit.includes('TunnelAudit.stopped'), audit.includes('TunnelAudit.lost')]).toEqual([true, false])
      expect(await startTunnel(gateway)).not.toBe(url)
    })

    it('works without a gateway, too', async () => {
      const gateway = await gatewayAt()
      await startTunnel(gateway)
      await gateway.stop()
      expect((await gateway.xopc(['tunnel', 'stop', '--release', '--yes'])).code).toBe(0)
      expect(existsSync(join(gateway.stateDir, 'tunnel.json'))).toBe(false)
    })

    it('says so where the broker cannot be reached: closed, and not given back', async () => {
      const own = await startBroker(frps)
      const gateway = await tunnelGateway(frpc, own.url)
      await startTunnel(gateway)
      own.kill('SIGKILL')
      await own.ended
      const ran = await gateway.xopc(['tunnel', 'stop', '--release', '--yes'])
      expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining('TUNNEL_NOT_RELEASED')])
      expect(ran.stdout).not.toContain('given back')
      expect(await tunnelOf(gateway)).toMatchObject({ state: 'disconnected', enabled: false, subdomain: expect.any(String) })
    })
  })

  it('asks for an answer, and gives the sentences, where nobody can be asked', async () => {
    const stateDir = await tempFolder()
    const ran = await xopc(['tunnel', 'consent'], { stateDir })
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining('The broker and its server stand between')])
    expect((await xopc(['tunnel', 'consent', '--accept-risk'], { stateDir })).code).toBe(0)
    expect(statusIn(await xopc(['tunnel', 'status', '--json'], { stateDir })).consent).toMatchObject({ valid: true })
  })

  it('has no QR code while it is closed', async () => {
    const gateway = await gatewayAt()
    const ran = await gateway.xopc(['tunnel', 'qr', '--timeout', '0'])
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining('TUNNEL_CLOSED')])
  })
})
