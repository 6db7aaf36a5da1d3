import { describe, expect, it } from 'vitest'
import { judgeOrigin } from '../../../src/lib/gateway/control/challenge.ts'
import { XopcError } from '../../../src/lib/errors/error.ts'
import type { Exchange } from '../../../src/lib/gateway/edge/exchange.ts'
import { fakeSigner, signedIn, startHouse } from './house.ts'

const path = '/api/gateway-identity/challenge'
const nonce = 'N'.repeat(32)
const publicUrl = 'https://gateway.test:8443'

type Way = Pick<Exchange, 'ingress' | 'host'> & Partial<Pick<Exchange, 'proxied' | 'proto' | 'anyPort'>>

function verdict(origin: string, way: Way, own: readonly string[], setting?: string, tested?: string): string {
  const exchange: Exchange = {
    peer: null,
    client: '192.0.2.1',
    proxied: false,
    trustedPeer: false,
    anyPort: false,
    forwardedFor: [],
    proto: 'http',
    knownHost: true,
    origin: null,
    target: path,
    unproven: 'missing_token',
    principal: { kind: 'anonymous', id: 'anonymous', scopes: new Set() },
    ...way,
  }
  try {
    judgeOrigin(origin, exchange, { has: (each) => own.includes(each), publicUrl: setting, leased: false, tested })
    return 'signed'
  } catch (error) {
    return error instanceof XopcError ? error.code : String(error)
  }
}

describe('which origins are signed for a request that came by', () => {
  const local = (host: string): Way => ({ ingress: 'local', host })
  const portless: Way = { ...local('gateway.test'), proxied: true, anyPort: true }
  it.each<[title: string, origin: string, way: Way, own: string[], publicUrl: string | undefined, wanted: string]>([
    ['local: a loopback name', 'http://127.0.0.1:18790', local('127.0.0.1:18790'), [], undefined, 'signed'],
    ['local: localhost', 'http://localhost:18790', local('localhost:18790'), [], undefined, 'signed'],
    ['local: ::1', 'http://[::1]:18790', local('[::1]:18790'), [], undefined, 'signed'],
    ['local: the port of an ssh forward', 'http://127.0.0.1:50022', local('127.0.0.1:50022'), [], undefined, 'signed'],
    ['local: another loopback name than dialled', 'http://localhost:18790', local('127.0.0.1:18790'), [], undefined, 'NOT_MY_ORIGIN'],
    ['local: another port than dialled', 'http://127.0.0.1:1', local('127.0.0.1:18790'), [], undefined, 'NOT_MY_ORIGIN'],
    [
      'local, through a proxy: a loopback name',
      'http://127.0.0.1:18790',
      { ...local('127.0.0.1:18790'), proxied: true },
      [],
      undefined,
      'NOT_MY_ORIGIN',
    ],
    ['local: https on loopback', 'https://127.0.0.1:18790', local('127.0.0.1:18790'), [], undefined, 'NOT_MY_ORIGIN'],
    ['local: a foreign name', 'https://evil.example', local('evil.example'), [], undefined, 'NOT_MY_ORIGIN'],
    ['local: publicUrl', publicUrl, local('gateway.test:8443'), [publicUrl], publicUrl, 'signed'],
    ['local: publicUrl under another Host', publicUrl, local('127.0.0.1:18790'), [publicUrl], publicUrl, 'NOT_MY_ORIGIN'],
    ['local: publicUrl on another port', publicUrl, local('gateway.test'), [publicUrl], publicUrl, 'NOT_MY_ORIGIN'],
    ['local: publicUrl through a proxy that leaves the port out', publicUrl, portless, [publicUrl], publicUrl, 'signed'],
    [
      'local: publicUrl through a proxy on another port',
      publicUrl,
      { ...portless, host: 'gateway.test:9443' },
      [publicUrl],
      publicUrl,
      'NOT_MY_ORIGIN',
    ],
    [
      'local: a foreign origin on another port',
      'https://evil.example:8443',
      local('evil.example'),
      [publicUrl],
      publicUrl,
      'NOT_MY_ORIGIN',
    ],
    [
      'local: a publicUrl that means loopback, through its proxy',
      'https://gateway.localhost',
      { ...local('gateway.localhost'), proxied: true },
      ['https://gateway.localhost'],
      'https://gateway.localhost',
      'signed',
    ],
    [
      'lan: its own address',
      'http://192.168.7.7:18790',
      { ingress: 'lan', host: '192.168.7.7:18790' },
      ['http://192.168.7.7:18790'],
      undefined,
      'signed',
    ],
    [
      'lan: an address of another door',
      'http://10.0.0.1:18790',
      { ingress: 'lan', host: '10.0.0.1:18790' },
      [],
      undefined,
      'NOT_MY_ORIGIN',
    ],
    ['lan: a loopback name', 'http://127.0.0.1:18790', { ingress: 'lan', host: '127.0.0.1:18790' }, [], undefined, 'NOT_MY_ORIGIN'],
    [
      'proxy: a loopback name',
      'http://localhost',
      { ingress: 'proxy', host: 'localhost' },
      ['http://localhost'],
      undefined,
      'NOT_MY_ORIGIN',
    ],
    ['proxy: publicUrl', publicUrl, { ingress: 'proxy', host: 'gateway.test:8443', proto: 'https' }, [publicUrl], publicUrl, 'signed'],
    ['control: http://localhost', 'http://localhost', { ingress: 'control', host: 'localhost' }, [], undefined, 'signed'],
    ['control: localhost with a port', 'http://localhost:1', { ingress: 'control', host: 'localhost:1' }, [], undefined, 'NOT_MY_ORIGIN'],
    ['control: publicUrl', publicUrl, { ingress: 'control', host: 'gateway.test:8443' }, [publicUrl], publicUrl, 'NOT_MY_ORIGIN'],
    ['a trailing slash', 'http://127.0.0.1:18790/', local('127.0.0.1:18790'), [], undefined, 'ORIGIN_INVALID'],
    ['capital letters', 'http://LOCALHOST:18790', local('localhost:18790'), [], undefined, 'ORIGIN_INVALID'],
    ['a default port', 'http://localhost:80', local('localhost'), [], undefined, 'ORIGIN_INVALID'],
    ['userinfo', 'http://a@localhost', local('localhost'), [], undefined, 'ORIGIN_INVALID'],
    ['a path', 'http://localhost/x', local('localhost'), [], undefined, 'ORIGIN_INVALID'],
    ['null', 'null', local('localhost'), [], undefined, 'ORIGIN_INVALID'],
    ['another scheme', 'ws://localhost', local('localhost'), [], undefined, 'ORIGIN_INVALID'],
    ['no URL', 'evil', local('localhost'), [], undefined, 'ORIGIN_INVALID'],
  ])('%s', (_title, origin, way, own, setting, wanted) => {
    expect(verdict(origin, way, own, setting)).toBe(wanted)
  })
})

describe('which origin is signed for the nonce of a running test', () => {
  const tested = 'https://new.test:8443'
  const proxied = (host: string): Way => ({ ingress: 'local', host, proxied: true })
  it.each<[title: string, origin: string, way: Way, tested: string, wanted: string]>([
    ['the one under test, which nobody configured yet', tested, proxied('new.test:8443'), tested, 'signed'],
    ['the same, the port left out of Host', tested, { ...proxied('new.test'), anyPort: true }, tested, 'signed'],
    ['the same on the proxy socket', tested, { ingress: 'proxy', host: 'new.test:8443' }, tested, 'signed'],
    ['another one', 'https://other.test:8443', proxied('other.test:8443'), tested, 'NOT_MY_ORIGIN'],
    ['the one under test under another Host', tested, proxied('127.0.0.1:18790'), tested, 'NOT_MY_ORIGIN'],
    ['a name below localhost', 'https://gw.localhost:8443', proxied('gw.localhost:8443'), 'https://gw.localhost:8443', 'signed'],
    ['localhost, through a proxy', 'http://localhost:9999', proxied('localhost:9999'), 'http://localhost:9999', 'NOT_MY_ORIGIN'],
    ['127.0.0.1, through a proxy', 'http://127.0.0.1:9999', proxied('127.0.0.1:9999'), 'http://127.0.0.1:9999', 'NOT_MY_ORIGIN'],
    [
      'a loopback name by the control socket',
      'http://gw.localhost',
      { ingress: 'control', host: 'gw.localhost' },
      'http://gw.localhost',
      'NOT_MY_ORIGIN',
    ],
  ])('%s', (_title, origin, way, each, wanted) => {
    expect(verdict(origin, way, [], undefined, each)).toBe(wanted)
  })
})

describe('over HTTP', () => {
  it('answers with the payload and its signature', async () => {
    const house = await startHouse()
    const origin = `http://127.0.0.1:${house.port}`
    const reply = await house.ask('POST', path, { body: { nonce, origin } })
    expect(reply.status).toBe(200)
    const { payload, signature } = reply.json() as { payload: { expiresAt: number }; signature: string }
    expect(payload).toMatchObject({ purpose: 'gateway-route-v1', gatewayId: 'gateway-1', publicKey: 'key-1', nonce, origin })
    expect(payload.expiresAt - Date.now()).toBeGreaterThan(25_000)
    expect(payload.expiresAt - Date.now()).toBeLessThanOrEqual(30_000)
    const text = JSON.stringify(['xopc-gateway-route-v1', 'gateway-1', 'key-1', nonce, origin, payload.expiresAt])
    expect(signature).toBe(fakeSigner.sign(text))
  })

  it('leaves the origin out where none was asked for', async () => {
    const house = await startHouse()
    const reply = await house.ask('POST', path, { body: { nonce } })
    expect(reply.json()['payload']).not.toHaveProperty('origin')
    expect(String(reply.json()['signature'])).toContain(`"${nonce}",""`)
  })

  it.each([
    ['a short nonce', { nonce: 'N'.repeat(31) }],
    ['a long nonce', { nonce: 'N'.repeat(65) }],
    ['other characters', { nonce: `${'N'.repeat(32)}=` }],
    ['an unknown field', { nonce, more: 1 }],
    ['no nonce', {}],
  ])('refuses %s with 400', async (_title, body) => {
    const house = await startHouse()
    const reply = await house.ask('POST', path, { body })
    expect([reply.status, reply.json()['code']]).toEqual([400, 'BODY_INVALID'])
  })

  it('A30: refuses a rebound name with 421 and says how to make it known', async () => {
    const house = await startHouse()
    const reply = await house.ask('POST', path, { headers: { host: 'evil.example' }, body: { nonce, origin: 'http://evil.example' } })
    expect([reply.status, reply.json()['code']]).toEqual([421, 'NOT_MY_ORIGIN'])
    expect(reply.json()['hint']).toContain('http://evil.example')
  })

  it('A87: refuses to sign the origin of a fake gateway that relays the challenge', async () => {
    const house = await startHouse({ publicUrl })
    const reply = await house.ask('POST', path, { headers: { host: 'gateway.test:8443' }, body: { nonce, origin: 'https://fake.example' } })
    expect(reply.json()['code']).toBe('NOT_MY_ORIGIN')
  })

  it('A90: refuses a loopback origin that came through the public name, or through a proxy', async () => {
    const house = await startHouse({ publicUrl })
    const origin = 'http://127.0.0.1:50022'
    const ways = [
      { host: 'gateway.test:8443' },
      { host: '127.0.0.1:50022', via: '1.1 squid' },
      { host: '127.0.0.1:50022', 'x-forwarded-for': '192.0.2.1' },
    ]
    for (const headers of ways) {
      const reply = await house.ask('POST', path, { headers, body: { nonce, origin } })
      expect(reply.json()['code']).toBe('NOT_MY_ORIGIN')
    }
  })

  it('signs the origin of a living session, and no longer after it ended', async () => {
    const house = await startHouse()
    const host = 'unknown.example'
    const signIn = await house.ask('POST', '/api/session', {
      headers: { host, origin: `https://${host}` },
      body: { token: house.token },
    })
    const [cookie = ''] = String(signIn.headers['set-cookie']).split(';')
    const ask = () => house.ask('POST', path, { headers: { host }, body: { nonce, origin: `https://${host}` } })
    expect((await ask()).status).toBe(200)
    await house.ask('DELETE', '/api/session', { headers: { host, cookie, origin: `https://${host}` } })
    expect((await ask()).status).toBe(421)
  })

  it('answers strangers 50 times a second for each door, and whoever proved something always', async () => {
    const house = await startHouse()
    const { cookie } = await signedIn(house)
    const ask = (headers: Record<string, string> = {}) => house.ask('POST', path, { headers, body: { nonce } })
    const strangers = await Promise.all(Array.from({ length: 130 }, () => ask()))
    const refused = strangers.filter(({ status }) => status === 429)
    expect(refused.length).toBeGreaterThanOrEqual(20)
    expect(refused[0]?.headers['retry-after']).toBe('1')
    expect(refused[0]?.json()['code']).toBe('RATE_LIMITED')
    expect((await ask({ cookie })).status).toBe(200)
    expect((await house.ask('POST', path, { by: 'socket', body: { nonce } })).status).toBe(200)
  })
})
