import { beforeAll, describe, expect, it } from 'vitest'
import { type Certificate, createTestCa, selfSigned, type TestCa } from '../support/certs.ts'
import { type RunningGateway, startGateway } from '../support/gateway.ts'
import { type MisbehavingHttp, onRequests, type Place } from '../support/misbehaving.ts'
import { needsPeer } from '../support/peers.ts'
import { startRecorder } from '../support/replay.ts'
import { verdictOf } from '../support/verdict.ts'
import { type Instead, startRelay, testedPaths } from './relays.ts'

// Whoever answers at the address is given no credential before the gateway has proved itself there, and whom it then leads to is given none at
// all. What they heard is what counts.

const credentials = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'x-xopc-token',
  'x-api-key',
  'x-xopc-proxy-secret',
  'sec-websocket-protocol',
]

needsPeer('own-hosts', 'a test of an address', () => {
  let ca: TestCa
  let certificate: Certificate
  let gateway: RunningGateway
  let other: RunningGateway
  beforeAll(async () => {
    ca = await createTestCa()
    certificate = await ca.leaf(['fake.local'])
    const hosts = { 'fake.local': '127.0.0.1', 'elsewhere.local': '127.0.0.1' }
    gateway = await startGateway({ hosts, env: ca.env })
    other = await startGateway({})
  })
  const place = (): Place => ({ name: 'fake.local', certificate })

  /** Heard something, and nothing that lets anybody in. */
  function expectNothingSecret({ heard }: MisbehavingHttp): void {
    expect(heard().length).toBeGreaterThan(0)
    for (const { path, headers } of heard()) {
      expect(Object.keys(headers).filter((name) => credentials.includes(name))).toEqual([])
      expect(path).not.toMatch(/ticket|token|\?/)
      expect(JSON.stringify(headers)).not.toContain(gateway.token)
    }
  }

  const page: Instead = { status: 200, headers: { 'content-type': 'text/html' }, body: '<h1>hello</h1>' }
  const json = (value: unknown): Instead => ({ status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) })
  const payload = { purpose: 'gateway-route-v1', gatewayId: 'g', publicKey: 'k', nonce: 'n', expiresAt: Date.now() + 30_000 }
  const challenge = (instead: Instead) => async () =>
    startRelay(gateway.url, place(), ({ path }) => (path === testedPaths.challenge ? instead : null))

  const unproven: Record<string, [start: () => Promise<MisbehavingHttp>, code: string]> = {
    'a plain page': [() => startRelay(gateway.url, place(), () => page), 'NOT_XOPC_GATEWAY'],
    'one that asks for a password': [
      () => startRelay(gateway.url, place(), () => ({ status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } })),
      'AUTH_BLOCKED',
    ],
    'one that asks for a Bearer': [
      () => startRelay(gateway.url, place(), () => ({ status: 401, headers: { 'www-authenticate': 'Bearer realm="xopc"' } })),
      'AUTH_BLOCKED',
    ],
    'one that claims to be a gateway': [
      async () =>
        startRelay(gateway.url, place(), ({ path }) =>
          json(path === '/health' ? { status: 'ok', version: '1' } : { ok: true, service: 'xopc-gateway' }),
        ),
      'NOT_XOPC_GATEWAY',
    ],
    'one that signs with no key': [challenge(json({ payload, signature: 'x' })), 'WRONG_GATEWAY'],
    'one that lets the challenge vanish': [challenge({ status: 404, body: 'not here' }), 'HTTP_ERROR'],
    'one that says that it has proved itself': [challenge(json({ ok: true })), 'NOT_XOPC_GATEWAY'],
    'another gateway': [() => startRelay(other.url, place(), () => null), 'WRONG_GATEWAY'],
    'one that repeats what the gateway said': [replayed, 'WRONG_GATEWAY'],
    'one that asks the gateway by another name': [() => startRenaming(), 'HOST_REWRITTEN'],
    'one whose certificate nobody knows': [
      async () => startRelay(gateway.url, { name: 'fake.local', certificate: await selfSigned(['fake.local']) }, () => null),
      'TLS_INVALID',
    ],
  }

  /** What it recorded came by a gateway that proved itself; only afterwards is it looked at. */
  async function replayed(): Promise<MisbehavingHttp> {
    const recorder = await startRecorder(gateway.url, place())
    await verdictOf(gateway, recorder.url)
    const before = recorder.heard().length
    recorder.replay()
    return { ...recorder, heard: () => recorder.heard().slice(before) }
  }

  function startRenaming(): Promise<MisbehavingHttp> {
    return onRequests(place(), () => (req, res) => {
      const chunks: Buffer[] = []
      req.on('data', (chunk: Buffer) => chunks.push(chunk))
      const { method = 'GET', url = '/' } = req
      const ask = async () => {
        const init = {
          method,
          headers: { 'content-type': 'application/json' },
          ...(method === 'POST' ? { body: Buffer.concat(chunks) } : {}),
        }
        const answer = await fetch(`${gateway.url}${url}`, init)
        res.writeHead(
          answer.status,
          Object.fromEntries([...answer.headers].filter(([name]) => !/^(content-length|transfer-encoding|connection)$/.test(name))),
        )
        res.end(Buffer.from(await answer.arrayBuffer()))
      }
      req.once('end', () => void ask().catch(() => res.destroy()))
    })
  }

  it.concurrent.each(Object.entries(unproven))('%s hears no credential', async (_, [start, code]) => {
    const fake = await start()
    const verdict = await verdictOf(gateway, fake.url)
    expect(verdict, JSON.stringify(verdict)).toMatchObject({ ok: false, code })
    expectNothingSecret(fake)
  })

  it('nor when it is set as the public address, and looked at again and again', async () => {
    const fake = await startRelay(other.url, place(), () => null)
    const set = await gateway.xopc(['proxy', 'set', fake.url, '--json'])
    expect(set.code, set.stderr).toBe(1)
    const before = fake.heard().length
    await expect.poll(() => fake.heard().length, { timeout: 15_000 }).toBeGreaterThan(before)
    await gateway.xopc(['proxy', 'clear'])
    expectNothingSecret(fake)
  })

  describe('a redirect', () => {
    const stages = Object.entries(testedPaths).map(([name, path]) => [name, path] as const)
    const elsewhere = async () =>
      onRequests({ name: 'elsewhere.local', certificate: await ca.leaf(['elsewhere.local']) }, () => (_, res) => void res.end('{}'))

    it.concurrent.each(stages)('of %s to elsewhere is not followed, with a credential or without', async (_, path) => {
      const target = await elsewhere()
      for (const status of [301, 307, 308]) {
        const location = `${target.url}${path}`
        const relay = await startRelay(gateway.url, place(), (passing) =>
          passing.path === path ? { status, headers: { location } } : null,
        )
        expect((await verdictOf(gateway, relay.url)).ok).toBe(false)
      }
      expect(target.connections()).toBe(0)
    })

    it.concurrent.each(stages)('of %s to the plain port of the same name is not followed', async (_, path) => {
      const target = await onRequests({ name: 'fake.local' }, () => (__, res) => void res.end('{}'))
      const location = `${target.url}${path}`
      const relay = await startRelay(gateway.url, place(), (passing) =>
        passing.path === path ? { status: 302, headers: { location } } : null,
      )
      expect((await verdictOf(gateway, relay.url)).ok).toBe(false)
      expect(target.connections()).toBe(0)
    })

    it.concurrent.each(stages)('of %s within the address takes no credential along', async (_, path) => {
      const relay = await startRelay(gateway.url, place(), (passing) => {
        if (passing.path === path) return { status: 302, headers: { location: '/led/astray' } }
        return passing.path === '/led/astray' ? page : null
      })
      expect((await verdictOf(gateway, relay.url)).ok).toBe(false)
      const led = relay.heard().filter((heard) => heard.path.startsWith('/led/'))
      for (const { headers } of led) expect(Object.keys(headers).filter((name) => credentials.includes(name))).toEqual([])
    })
  })

  describe('what a proven address hears', () => {
    it('is good for one look at one request, and for nothing else', async () => {
      // It keeps the tickets to itself, so that they are still unused.
      const kept: Instead = { status: 503 }
      const thief = await startRelay(gateway.url, place(), ({ path }) => (path.startsWith('/xopc/api/probe/') ? kept : null))
      expect((await verdictOf(gateway, thief.url)).ok).toBe(false)
      const heard = thief.heard().flatMap(({ headers }) => headers.authorization ?? [])
      expect(heard.length).toBeGreaterThan(1)
      expect(new Set(heard).size).toBe(heard.length)
      const [authorization = '', second = ''] = heard
      const status = async (path: string, headers: Record<string, string>, method = 'GET') =>
        (await gateway.fetch(path, { method, headers })).status
      for (const path of ['/xopc/api/status', '/xopc/api/config', '/xopc/api/overview', '/xopc/api/logs', '/xopc/api/events']) {
        expect([401, 403], path).toContain(await status(path, { authorization }))
      }
      expect([401, 403]).toContain(await status('/xopc/api/gateway/stop', { authorization, 'content-type': 'application/json' }, 'POST'))
      expect(await status(testedPaths.request, { authorization: second })).toBe(200)
      expect(await status(testedPaths.request, { authorization: second })).toBe(401)
      expect(JSON.stringify(thief.heard())).not.toContain(gateway.token)
    })
  })
})
