import { existsSync } from 'node:fs'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { askControl, startTunnel, tunnelOf, tunnelPeers, viewOf } from '../e2e/tunnel/house.ts'
import { tempFolder } from '../support/cleanup.ts'
import { needsPeer } from '../support/peers.ts'
import { type LyingBroker, questions, startLyingBroker } from './tunnel-lies.ts'
import { closedTunnelHouse, type ClosedTunnelHouse, logsOf, openedAt } from './tunnels.ts'

// What a broker says of a lease ends in the configuration of frpc, which runs it through a template that knows the environment. So a broker that says
// anything else than the protocol allows is not believed at all: nothing of it is kept, and frpc is not even started.

/** Nothing of it may be known to frpc's template, nor end in a log. */
const secret = 'sEcReT-of-the-environment'
const nasty = [
  'a"b',
  'abcd\n[[proxies]]',
  'abcd\r\nname = "x"',
  "abcd'",
  '{{ .Envs.SECRET_OF_TEST }}',
  '{{.Envs.SECRET_OF_TEST}}',
  'ab\\cd',
  'ab cd',
  'äbcd',
  '',
  'abcd\0',
  'abcd#',
  '../abcd',
  'abcd.evil.example',
  'a'.repeat(300),
]
/** Where in an answer a text is put: by dots, from its top. */
type Path = string
const inLease: readonly Path[] = ['subdomain', 'frpc.subdomain', 'frpc.proxyName', 'frpc.serverAddr', 'tunnelId', 'publicUrl']
const inDiscovery: readonly Path[] = ['frp.serverAddr', 'frp.subdomainHost', 'brokerUrl', 'caPem']

needsPeer(tunnelPeers, 'a broker that says what would be something else in a configuration', (frps, frpc) => {
  let house: ClosedTunnelHouse
  let lying: LyingBroker
  let calls: string
  beforeAll(async () => {
    // Notes how frpc is called, and is it.
    const wrapper = join(await tempFolder(), 'frpc')
    calls = `${wrapper}.calls`
    await writeFile(wrapper, `#!/bin/sh\necho "$@" >> '${calls}'\nexec '${frpc}' "$@"\n`)
    await chmod(wrapper, 0o755)
    const { broker } = await closedTunnelHouse({ programs: [frps, frpc] })
    lying = await startLyingBroker(broker.url)
    house = await closedTunnelHouse({ programs: [frps, wrapper], broker, brokerUrl: lying.url, env: { SECRET_OF_TEST: secret } })
  }, 60_000)
  beforeEach(() => {
    for (const question of Object.values(questions)) lying.lie(question, null)
  })

  const runs = async (): Promise<string[]> =>
    (existsSync(calls) ? (await readFile(calls, 'utf8')).split('\n') : []).filter((line) => line.includes('-c'))
  const inRun = (name: string): string => join(house.gateway.stateDir, 'run', name)

  async function isRefused(what: string): Promise<void> {
    await askControl(house.gateway, '/tunnel/start', 'POST', {})
    // It is tried again by itself, so that it is only now and then at rest.
    const like = { state: { phase: 'failed', error: { code: 'TUNNEL_BROKER_STRANGE' } } }
    await expect.poll(async () => await viewOf(house.gateway), { timeout: 10_000, interval: 50, message: what }).toMatchObject(like)
    expect(await tunnelOf(house.gateway)).toMatchObject({ frpcPid: null, publicUrl: null })
    for (const name of ['frpc.toml', 'frpc-ca.pem', 'tunnel.sock', '../tunnel.json'])
      expect(existsSync(inRun(name)), `${what}: ${name}`).toBe(false)
    expect(await runs()).toEqual([])
    await askControl(house.gateway, '/tunnel/stop', 'POST', {})
  }

  function put(body: unknown, path: Path, value: unknown): unknown {
    const [key = '', ...rest] = path.split('.')
    // `as`: answers of brokers are objects, as far as a path leads.
    const fields = body as Record<string, unknown>
    return { ...fields, [key]: rest.length === 0 ? value : put(fields[key], rest.join('.'), value) }
  }

  it.each(inLease)('%s of a lease', { timeout: 60_000 }, async (path) => {
    for (const value of nasty) {
      lying.lie(questions.register, ({ status, body }) => ({ status, body: put(body, path, value) }))
      await isRefused(`${path} ${value}`)
    }
  })

  it.each(inDiscovery)('%s of its description', { timeout: 60_000 }, async (path) => {
    for (const value of nasty) {
      lying.lie(questions.discovery, ({ status, body }) => ({ status, body: put(body, path, value) }))
      await isRefused(`${path} ${value}`)
    }
  })

  it.each([
    ['tokens that end lines', { tunnelToken: 'a\nb' }],
    ['tokens with spaces', { 'frpc.authToken': 'a b' }],
    ['tokens that are none', { 'frpc.authToken': '' }],
    ['tokens without end', { 'frpc.authToken': 'x'.repeat(257) }],
    ['a name in a list', { subdomain: ['abcd'] }],
    ['a name of another kind', { 'frpc.proxyName': { toString: 'abcd' } }],
    ['a port that is text', { 'frpc.serverPort': '7000\n' }],
    ['a port that is none', { 'frpc.serverPort': 0 }],
    ['two names that agree, and are none', { subdomain: '{{x}}', 'frpc.subdomain': '{{x}}', publicUrl: 'http://{{x}}.localhost' }],
    ['an address with a password', { publicUrl: 'http://user:pass@abcd.localhost' }],
    ['an address with a path', { publicUrl: 'http://abcd.localhost/{{x}}' }],
    ['another server than it has', { 'frpc.serverAddr': 'evil.example' }],
  ])('%s', async (what, values) => {
    lying.lie(questions.register, ({ status, body }) => ({
      status,
      body: Object.entries(values).reduce<unknown>((sum, [path, value]) => put(sum, path, value), body),
    }))
    await isRefused(what)
  })

  it('a certificate with something behind it', async () => {
    lying.lie(questions.discovery, ({ status, body }) => {
      // `as`: what the real broker says of itself.
      const { caPem } = body as { caPem: string }
      return { status, body: put(body, 'caPem', `${caPem}\n[[proxies]]\nname = "x"\n`) }
    })
    await isRefused('caPem')
  })

  describe('what is allowed in a token', () => {
    it('means itself to frpc, whatever it would mean to TOML or a template', { timeout: 40_000 }, async () => {
      const token = `{{.Envs.SECRET_OF_TEST}}"'\\#[]={{"x"|print}}`
      lying.lie(questions.register, ({ status, body }) => ({ status, body: put(body, 'frpc.authToken', token) }))
      await askControl(house.gateway, '/tunnel/start', 'POST', {})
      await expect.poll(() => existsSync(inRun('frpc.toml')), { timeout: 10_000 }).toBe(true)
      const text = await readFile(inRun('frpc.toml'), 'utf8')
      expect(text).not.toContain('{')
      // The server does not know that token. The template never ran, or it would be another fault.
      await expect.poll(house.gateway.log, { timeout: 10_000 }).toContain('frpc: login-refused')
      await askControl(house.gateway, '/tunnel/stop', 'POST', {})
      expect(await logsOf(house)).not.toContain(secret)
    })
  })

  it('the same broker, when it says what is so, is believed', async () => {
    const before = (await runs()).length
    const url = await startTunnel(house.gateway)
    expect((await runs()).length).toBeGreaterThan(before)
    expect((await openedAt(house, url).visitor.ask('GET /health')).status).toBe(200)
  })
})
