import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { tempFolder } from '../../support/cleanup.ts'
import { type ConfigTree, type RunningGateway, xopc } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { startUpstream } from '../../support/upstream.ts'
import { type RunningBroker, startBroker } from '../broker/house.ts'
import { agreed, askControl, startTunnel, tunnelGateway, tunnelPeers, untilVerified, untilView } from '../tunnel/house.ts'
import { startBrokerRelay } from '../tunnel/relay.ts'
import { type Row, rowOfSight } from './rows.ts'
import { codesIn, commandsOf, wordsOf } from './typed.ts'

// Rows of docs/guide/troubleshooting.md about the public tunnel: by a real broker with a real frps, and a real frpc.

const registrations = /^POST \/api\/tunnels\/register$/
const elsewhere = 'https://broker.example/api'
/** The secret of every broker of --dev. */
const devSecret = 'xopc-dev-registration-secret'

needsPeer(tunnelPeers, 'rows about the public tunnel', (frps, frpc) => {
  let broker: RunningBroker = undefined as never
  beforeAll(async () => {
    broker = await startBroker(frps)
  })
  const at = (tunnel: ConfigTree = {}, gateway: ConfigTree = {}, env: NodeJS.ProcessEnv = {}) =>
    tunnelGateway(frpc, broker.url, { config: { gateway, tunnel: { brokerUrl: broker.url, consent: agreed, ...tunnel } }, env })
  const start = async (gateway: RunningGateway, ...more: string[]) =>
    codesIn(await gateway.xopc(['tunnel', 'start', '--json', ...more], { timeoutMs: 60_000 }))
  /** Types what the row says; `input` where it asks for something. */
  const type = async (gateway: RunningGateway, row: Row, which = 0, input?: string) => {
    const words = await wordsOf(commandsOf(row)[which] ?? '')
    const ran = await gateway.xopc(words, { timeoutMs: 60_000, ...(input === undefined ? {} : { input }) })
    expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 })
  }

  describe('before anything is opened', () => {
    it('a secret is missing, and given', async () => {
      const row = rowOfSight('the broker asks for a registration secret, and there is none')
      const gateway = await at({ brokerUrl: elsewhere })
      expect(await start(gateway)).toEqual([row.code])
      await type(gateway, row, 0, 'secret-of-a-test')
      expect(await start(gateway)).not.toContain(row.code)
    })

    it('nobody agreed, and somebody does', async () => {
      const row = rowOfSight('the tunnel is refused because nobody agreed')
      const gateway = await at({ consent: undefined })
      expect(await start(gateway)).toEqual([row.code])
      await type(gateway, row)
    })

    it('nobody is asked who they are, and then everybody is', async () => {
      const row = rowOfSight('the tunnel is refused because of the sign-in')
      const gateway = await at({}, { auth: { mode: 'none' } })
      expect(await start(gateway)).toEqual([row.code])
      await type(gateway, row)
      await startTunnel(gateway)
    })

    it('Tailscale is on, and is replaced', async () => {
      const row = rowOfSight('the tunnel is refused because Tailscale is on')
      const gateway = await at({}, { tailscale: { mode: 'serve' } })
      expect(await start(gateway)).toEqual([row.code])
      await type(gateway, row)
    })

    it.each([0, 1])('both are in the file, and way %i is taken', async (which) => {
      const row = rowOfSight('Tailscale and the public tunnel are both asked for')
      const gateway = await at({ autoStart: true }, { tailscale: { mode: 'serve' } })
      expect(codesIn(await gateway.xopc(['status', '--json']))).toContain(row.code)
      await type(gateway, row, which)
      expect(codesIn(await gateway.xopc(['status', '--json']))).not.toContain(row.code)
    })

    it('auto-start, on the page, before it worked', async () => {
      const row = rowOfSight('auto-start is refused on the page')
      const gateway = await at()
      const autoStart = async () => await askControl(gateway, '/config', 'PATCH', { 'tunnel.autoStart': true })
      expect(await autoStart()).toMatchObject({ status: 409, json: { code: row.code } })
      await type(gateway, row)
      expect(await autoStart()).toMatchObject({ status: 200 })
    })

    it('the broker is reached over plain http', async () => {
      const row = rowOfSight('the broker is reached over plain http')
      const gateway = await at({ brokerUrl: 'http://broker.example/api', registrationSecret: 'secret-of-a-test' })
      expect(await start(gateway)).toEqual([row.code])
      await type(gateway, row)
      expect(await start(gateway)).not.toContain(row.code)
    })

    it('a saved secret would go to another broker', async () => {
      const row = rowOfSight('another broker, and the saved secret would go there')
      const gateway = await at({ brokerUrl: elsewhere, registrationSecret: 'secret-of-a-test' })
      expect(await start(gateway, '--broker', broker.url)).toEqual([row.code])
      await type(gateway, row)
      await startTunnel(gateway, ['--broker', broker.url])
    })
  })

  describe('by the broker', () => {
    it('a wrong secret, and the right one', async () => {
      const row = rowOfSight('the broker does not take the registration secret')
      const gateway = await at({ registrationSecret: 'not-the-secret' })
      expect(await start(gateway)).toEqual([row.code])
      await type(gateway, row, 0, devSecret)
      await untilVerified(gateway)
    })

    it('that is not there, and comes', async () => {
      const { code } = rowOfSight('the broker cannot be reached')
      const port = String(await freePort())
      const gateway = await at({ brokerUrl: `http://127.0.0.1:${port}/api` })
      expect(await start(gateway)).toEqual([code])
      await startBroker(frps, { args: ['--dev', '--port', port] })
      await untilVerified(gateway, 30_000)
    })

    it('that has too much to do', async () => {
      const { code } = rowOfSight('the broker takes no more registrations for now')
      const relay = await startBrokerRelay(broker.url)
      relay.answer(registrations, { status: 429, body: { error: 'Too many registrations in a short time.', code: 'LIMITED' } })
      const gateway = await at({ brokerUrl: relay.url })
      expect(await start(gateway)).toEqual([code])
      relay.answer(registrations, null)
      await untilVerified(gateway, 30_000)
    })

    it('that is none', async () => {
      const { code } = rowOfSight('the answer is none of a broker')
      const app = await startUpstream()
      expect(await start(await at({ brokerUrl: `${app.url}/api` }))).toEqual([code])
    })

    it('a name that is kept back', async () => {
      const row = rowOfSight('the wished name cannot be had')
      const gateway = await at({ subdomain: 'admin' })
      expect(await start(gateway)).toEqual([row.code])
      await type(gateway, row)
      await untilVerified(gateway)
    })

    it('a clock that is ten minutes ahead', async () => {
      const { code } = rowOfSight('the clock of this computer is off')
      const ahead = 'const now = Date.now; Date.now = () => now() + 600000'
      const gateway = await at({}, {}, { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(ahead)}` })
      expect(await start(gateway)).toEqual([code])
    })

    it('a secret that is revoked, and another', async () => {
      const row = rowOfSight('the broker lets this gateway in no more')
      const key = async (...words: string[]): Promise<{ id: string; secret: string }> => {
        const ran = await xopc(['broker', 'key', ...words, '--dev', '--json'], { stateDir: broker.stateDir })
        return JSON.parse(ran.stdout)
      }
      const first = await key('create')
      const gateway = await at({ registrationSecret: first.secret })
      await startTunnel(gateway)
      await key('revoke', first.id)
      await untilView(gateway, { state: { phase: 'blocked', needs: { code: row.code } } }, 30_000)
      await type(gateway, row, 0, (await key('create')).secret)
      await untilVerified(gateway)
    })
  })

  it('a copy of the state folder', async () => {
    const row = rowOfSight('another gateway with the identity of this one has the address')
    const gateway = await at()
    const url = await startTunnel(gateway)
    const stateDir = await tempFolder()
    await cp(gateway.stateDir, stateDir, { recursive: true, filter: (path) => !/\/run(\/|$)/.test(path) })
    const copy = await tunnelGateway(frpc, broker.url, { stateDir })
    expect(await start(copy)).toEqual([row.code])
    const { code } = rowOfSight('another gateway with the identity of this one asked for the address')
    await expect.poll(async () => codesIn(await gateway.xopc(['status', '--json'])), { timeout: 30_000 }).toContain(code)
    await copy.stop()
    for (const name of row.pieces.filter((piece) => piece.endsWith('.json'))) await rm(join(stateDir, name), { force: true })
    expect(await startTunnel(await tunnelGateway(frpc, broker.url, { stateDir }))).not.toBe(url)
  })

  it(
    'the server of the tunnel: gone, back with another certificate, and gone while a name is given back',
    { timeout: 120_000 },
    async () => {
      const stateDir = await tempFolder()
      const args = ['--dev', '--port', String(await freePort())]
      const first = await startBroker(frps, { stateDir, args })
      const gateway = await tunnelGateway(frpc, first.url)
      await startTunnel(gateway)
      const end = async ({ kill, ended }: RunningBroker) => (kill('SIGKILL'), await ended)
      const isDown = async (code: string | null) => await untilView(gateway, { state: { phase: 'degraded', error: { code } } }, 30_000)
      await end(first)
      await isDown(rowOfSight('the server of the tunnel cannot be reached').code)
      for (const name of ['frps-cert.pem', 'frps-key.pem']) await rm(join(stateDir, 'broker-dev', name))
      const second = await startBroker(frps, { stateDir, args })
      const changed = rowOfSight('the server of the tunnel could not prove who it is')
      await isDown(changed.code)
      // Nobody has to do anything: the gateway asks for the new one.
      await untilVerified(gateway, 60_000)
      await end(second)
      const release = rowOfSight('the name was not given back')
      expect(codesIn(await gateway.xopc(['tunnel', 'stop', '--release', '--yes', '--json']))).toEqual([release.code])
      await startBroker(frps, { stateDir, args })
      await type(gateway, release)
    },
  )

  it('no code for a device, while it is closed and while only this computer reaches it', async () => {
    const closed = rowOfSight('xopc tunnel qr while it is closed')
    const gateway = await at()
    const qr = async () => codesIn(await gateway.xopc(['tunnel', 'qr', '--timeout', '0', '--json']))
    expect(await qr()).toEqual([closed.code])
    await type(gateway, closed)
    expect(await qr()).toEqual([rowOfSight('xopc tunnel qr with a broker on this computer').code])
    const pair = await gateway.xopc(['pair', '--timeout', '0', '--json'])
    expect(codesIn(pair)).toEqual([rowOfSight('xopc pair with a broker on this computer').code])
  })
})
