import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { discoveryIn, registrationIn } from '../../../src/lib/access/tunnel/answers.ts'
import { askBroker } from '../../../src/lib/access/tunnel/ask.ts'
import { discover, heartbeat, type LeaseKey, register, release } from '../../../src/lib/access/tunnel/broker.ts'
import type { BrokerDiscovery, Registration } from '../../../src/lib/protocol/broker-api.ts'
import { testSigner } from './signer.ts'

/** What the next question is answered with. */
let answer: (res: ServerResponse) => void = () => undefined
let server: Server = undefined as never
let origin = ''

beforeAll(async () => {
  server = createServer((req, res) => {
    req.resume()
    answer(res)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  // `as`: it listens on TCP.
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void (server.closeAllConnections(), server.close()))
beforeEach(() => {
  answer = (res) => res.destroy()
})

const signal = new AbortController().signal
const key = (): LeaseKey => ({ brokerUrl: `${origin}/api`, tunnelId: 'id', tunnelToken: 'token' })
const says = (status: number, body: unknown, headers: Record<string, string> = {}) => {
  answer = (res) =>
    void res
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(typeof body === 'string' ? body : JSON.stringify(body))
}

/** Of a broker of the internet. */
const far: BrokerDiscovery = {
  brokerUrl: 'https://broker.example/api',
  frp: { serverAddr: 'frp.broker.example', serverPort: 7000, subdomainHost: 'broker.example' },
  frpcVersion: '0.71.0',
  heartbeatIntervalMs: 30_000,
  transport: { tls: true, publicScheme: 'https' },
}
const lease: Registration = {
  tunnelId: 'id-1',
  tunnelToken: 'token-1',
  subdomain: 'name1234',
  publicUrl: 'https://name1234.broker.example',
  frpc: { serverAddr: 'frp.broker.example', serverPort: 7000, authToken: 'secret-1', proxyName: 'p-1', subdomain: 'name1234' },
  expiresAt: 1_800_000_000_000,
  heartbeatIntervalMs: 30_000,
}
const own = () => ({ ...far, brokerUrl: `${origin}/api`, frp: { serverAddr: '127.0.0.1', serverPort: 7000, subdomainHost: 'localhost' } })
const applicant = () => ({
  sign: testSigner(),
  version: '1.0.0',
  secret: 'secret',
  secretSource: 'the file',
  preferredSubdomain: 'name1234',
  recoveryToken: undefined,
  now: Date.now(),
})

describe('what a broker says of itself', () => {
  it('is taken as it should be, also with more than is known', () => {
    expect(discoveryIn({ ...far, brokerUrl: 'https://broker.example/api/', later: true }, 'https://broker.example/api')).toEqual(far)
  })

  it.each([
    ['no object', 'hello'],
    ['another origin', { ...far, brokerUrl: 'https://elsewhere.example/api' }],
    ['another port', { ...far, brokerUrl: 'https://broker.example:8443/api' }],
    ['plain http in place of https', { ...far, brokerUrl: 'http://broker.example/api' }],
    ['a query', { ...far, brokerUrl: 'https://broker.example/api?x=1' }],
    ['a user', { ...far, brokerUrl: 'https://me@broker.example/api' }],
    ['a script', { ...far, brokerUrl: 'javascript:alert(1)' }],
    ['a server with a quote', { ...far, frp: { ...far.frp, serverAddr: 'frp"example' } }],
    ['a server with a newline', { ...far, frp: { ...far.frp, serverAddr: 'frp.example\nuser = "x"' } }],
    ['a server that is a template', { ...far, frp: { ...far.frp, serverAddr: '{{ .Envs.HOME }}' } }],
    ['a server on this computer', { ...far, frp: { ...far.frp, serverAddr: '127.0.0.1' } }],
    ['a server in this network', { ...far, frp: { ...far.frp, serverAddr: '192.168.1.1' } }],
    ['a server on this computer, by IPv6', { ...far, frp: { ...far.frp, serverAddr: '::1' } }],
    ['the metadata of a cloud', { ...far, frp: { ...far.frp, serverAddr: '169.254.169.254' } }],
    ['port 0', { ...far, frp: { ...far.frp, serverPort: 0 } }],
    ['port 65536', { ...far, frp: { ...far.frp, serverPort: 65_536 } }],
    ['heartbeats every second', { ...far, heartbeatIntervalMs: 1000 }],
    ['heartbeats every hour', { ...far, heartbeatIntervalMs: 3_600_000 }],
    ['no TLS', { ...far, transport: { tls: false, publicScheme: 'https' } }],
    ['plain http for visitors', { ...far, transport: { tls: true, publicScheme: 'http' } }],
    ['an authority that is no certificate', { ...far, caPem: '[common]\nserver_addr = x' }],
    [
      'a certificate with something behind it',
      { ...far, caPem: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n{{ .Envs.HOME }}' },
    ],
  ])('is not taken: %s', (_, json) => {
    expect(() => discoveryIn(json, 'https://broker.example/api')).toThrow(expect.objectContaining({ code: 'TUNNEL_BROKER_STRANGE' }))
  })
})

describe('a lease', () => {
  it('is taken as it should be, with its end as a number or as text', () => {
    expect(registrationIn(lease, far)).toEqual(lease)
    expect(registrationIn({ ...lease, expiresAt: '2027-01-15T08:00:00Z' }, far)).toEqual(lease)
  })

  it.each([
    ['a quote in the name', { subdomain: 'na"me' }],
    ['a newline in the name', { subdomain: 'name\n1234' }],
    ['a template as the name', { subdomain: '{{.Envs.X}}' }],
    ['a short name', { subdomain: 'abc' }],
    ['capital letters', { subdomain: 'NAME1234' }],
    ['an address of another name', { publicUrl: 'https://other123.broker.example' }],
    ['an address elsewhere', { publicUrl: 'https://name1234.bank.example' }],
    ['plain http', { publicUrl: 'http://name1234.broker.example' }],
    ['an address with a path', { publicUrl: 'https://name1234.broker.example/x' }],
    ['an address with a slash', { publicUrl: 'https://name1234.broker.example/' }],
    ['an address of this computer', { publicUrl: 'https://localhost:18790' }],
    ['a token with a space', { tunnelToken: 'to ken' }],
    ['an endless token', { tunnelToken: 'x'.repeat(257) }],
    ['an id that leads up', { tunnelId: '../../admin' }],
    ['another server', { frpc: { ...lease.frpc, serverAddr: 'elsewhere.example' } }],
    ['another port', { frpc: { ...lease.frpc, serverPort: 22 } }],
    ['another name for frpc', { frpc: { ...lease.frpc, subdomain: 'other123' } }],
    ['a token that ends its line', { frpc: { ...lease.frpc, authToken: 'x"\nuser = "y' } }],
    ['a proxy with a template', { frpc: { ...lease.frpc, proxyName: '{{ 1 }}' } }],
    ['heartbeats every 4 s', { heartbeatIntervalMs: 4000 }],
    ['no end', { expiresAt: undefined }],
  ])('is not taken with %s', (_, change) => {
    expect(() => registrationIn({ ...lease, ...change }, far)).toThrow(expect.objectContaining({ code: 'TUNNEL_BROKER_STRANGE' }))
  })
})

describe('an answer', () => {
  const asking = () => askBroker({ method: 'GET', url: `${origin}/x`, timeoutMs: 300 }, signal)
  it.each([
    ['is cut off', () => undefined, 'TUNNEL_BROKER_UNREACHABLE'],
    ['never comes', () => void (answer = () => undefined), 'TUNNEL_BROKER_UNREACHABLE'],
    ['stalls in the middle', () => void (answer = (res) => void res.writeHead(200).write('{"a":')), 'TUNNEL_BROKER_UNREACHABLE'],
    ['leads elsewhere', () => says(302, '', { location: 'https://elsewhere.example/' }), 'TUNNEL_BROKER_STRANGE'],
    ['leads back, for good', () => says(308, '', { location: '/y' }), 'TUNNEL_BROKER_STRANGE'],
    ['is huge', () => says(200, 'x'.repeat(100_000)), 'TUNNEL_BROKER_STRANGE'],
    [
      'is endless',
      () =>
        void (answer = (res) => {
          const timer = setInterval(() => res.write('x'.repeat(10_000)), 1)
          res.once('close', () => clearInterval(timer))
        }),
      'TUNNEL_BROKER_STRANGE',
    ],
  ])('%s', async (_, prepare, code) => {
    prepare()
    await expect(asking()).rejects.toMatchObject({ code })
  })

  it('is not waited for once nobody wants it', async () => {
    answer = () => undefined
    const closing = new AbortController()
    const asked = askBroker({ method: 'GET', url: `${origin}/x` }, closing.signal)
    await sleep(50)
    closing.abort(new Error('over'))
    await expect(asked).rejects.toThrow('over')
  })
})

describe('what a status means', () => {
  const rows: [status: number, body: object, at: Record<'discover' | 'register' | 'heartbeat' | 'release', string>][] = [
    [
      400,
      { error: 'bad' },
      {
        discover: 'TUNNEL_BROKER_REFUSED',
        register: 'TUNNEL_BROKER_REFUSED',
        heartbeat: 'TUNNEL_BROKER_REFUSED',
        release: 'TUNNEL_BROKER_REFUSED',
      },
    ],
    [
      401,
      { error: 'who' },
      { discover: 'TUNNEL_BROKER_REFUSED', register: 'TUNNEL_SECRET_REFUSED', heartbeat: 'revoked', release: 'TUNNEL_BROKER_REFUSED' },
    ],
    [
      403,
      { error: 'no' },
      { discover: 'TUNNEL_BROKER_REFUSED', register: 'TUNNEL_AUTH_REVOKED', heartbeat: 'revoked', release: 'TUNNEL_BROKER_REFUSED' },
    ],
    [404, {}, { discover: 'TUNNEL_BROKER_STRANGE', register: 'TUNNEL_BROKER_REFUSED', heartbeat: 'gone', release: 'done' }],
    [
      409,
      { code: 'LEASE_HELD' },
      {
        discover: 'TUNNEL_BROKER_REFUSED',
        register: 'TUNNEL_IDENTITY_IN_USE',
        heartbeat: 'TUNNEL_BROKER_REFUSED',
        release: 'TUNNEL_BROKER_REFUSED',
      },
    ],
    [
      409,
      { code: 'SUBDOMAIN_TAKEN' },
      {
        discover: 'TUNNEL_BROKER_REFUSED',
        register: 'TUNNEL_SUBDOMAIN_TAKEN',
        heartbeat: 'TUNNEL_BROKER_REFUSED',
        release: 'TUNNEL_BROKER_REFUSED',
      },
    ],
    [410, {}, { discover: 'TUNNEL_BROKER_REFUSED', register: 'TUNNEL_BROKER_REFUSED', heartbeat: 'gone', release: 'done' }],
    [
      429,
      {},
      { discover: 'TUNNEL_BROKER_BUSY', register: 'TUNNEL_BROKER_BUSY', heartbeat: 'TUNNEL_BROKER_BUSY', release: 'TUNNEL_BROKER_BUSY' },
    ],
    [
      500,
      {},
      { discover: 'TUNNEL_BROKER_BUSY', register: 'TUNNEL_BROKER_BUSY', heartbeat: 'TUNNEL_BROKER_BUSY', release: 'TUNNEL_BROKER_BUSY' },
    ],
    [
      503,
      {},
      { discover: 'TUNNEL_BROKER_BUSY', register: 'TUNNEL_BROKER_BUSY', heartbeat: 'TUNNEL_BROKER_BUSY', release: 'TUNNEL_BROKER_BUSY' },
    ],
    [
      200,
      { no: 'sense' },
      { discover: 'TUNNEL_BROKER_STRANGE', register: 'TUNNEL_BROKER_STRANGE', heartbeat: 'TUNNEL_BROKER_STRANGE', release: 'done' },
    ],
  ]
  const steps = {
    discover: async () => void (await discover(`${origin}/api`, signal)),
    register: async () => void (await register(own(), applicant(), signal)),
    heartbeat: async () => (await heartbeat(key(), signal)).kind,
    release: async () => {
      await release(key(), signal)
      return 'done'
    },
  }
  const all = rows.flatMap(([status, body, at]) =>
    // `as`: the keys of the table are those of the steps.
    (Object.keys(at) as (keyof typeof steps)[]).map((step): [number, string, keyof typeof steps, string] => [
      status,
      JSON.stringify(body),
      step,
      at[step],
    ]),
  )

  it.each(all)('%i %s at %s: %s', async (status, body, step, expected) => {
    says(status, body)
    const met = await steps[step]().then(
      (result) => result ?? 'answered',
      (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
    )
    expect(met).toBe(expected)
  })

  it('a page of a proxy in place of an answer is a broker that has trouble', async () => {
    says(502, '<html>Bad Gateway</html>', { 'content-type': 'text/html' })
    await expect(discover(`${origin}/api`, signal)).rejects.toMatchObject({
      code: 'TUNNEL_BROKER_BUSY',
      message: expect.stringContaining('502'),
    })
  })

  it('what a broker says is quoted without what a terminal would obey', async () => {
    says(400, { error: '\u001b[31mred\u001b]0;title\u0007 text' })
    await expect(discover(`${origin}/api`, signal)).rejects.toMatchObject({ message: expect.stringMatching(/refused: red text\.$/) })
  })

  it('a clock that is ten minutes off is told with its minutes', async () => {
    says(400, { code: 'CLOCK_SKEW' }, { date: new Date(Date.now() - 600_000).toUTCString() })
    await expect(register(own(), applicant(), signal)).rejects.toMatchObject({
      code: 'TUNNEL_CLOCK_SKEW',
      message: expect.stringContaining('10 min ahead of'),
    })
    says(400, { error: 'expired' }, { date: new Date(Date.now() + 600_000).toUTCString() })
    await expect(register(own(), applicant(), signal)).rejects.toMatchObject({
      code: 'TUNNEL_CLOCK_SKEW',
      message: expect.stringContaining('10 min behind'),
    })
  })
})
