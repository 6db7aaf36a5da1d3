import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ConfigInput } from '../../../src/lib/config/schema.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { ask, startApp, startEdge } from './support.ts'

const SECRET = '5ec2e7aa'.repeat(6)
const secret = ['X-Xopc-Proxy-Secret', SECRET]
const anna = ['X-Forwarded-User', 'anna']
const good = [...anna, ...secret]
const publicUrl = 'https://gateway.example.com'

type Gateway = NonNullable<ConfigInput['gateway']>
type TrustedProxy = NonNullable<Gateway['auth']>['trustedProxy']
type Pairs = readonly string[]

const app = await startApp()
const settings = (trustedProxy: TrustedProxy, over: Gateway = {}): Gateway => ({
  publicUrl,
  trustedProxies: ['127.0.0.1'],
  upstream: { url: app.url },
  auth: { mode: 'trusted-proxy', token: 'f00dfeed'.repeat(6), trustedProxy },
  ...over,
})

/** An edge in trusted-proxy mode with every door open, an app behind it. */
async function startDoors(trustedProxy: TrustedProxy = { sharedSecret: SECRET }, over: Gateway = {}) {
  const edge = await startEdge(settings(trustedProxy, over))
  const { authorities } = await edge.ingresses.open('lan', { kind: 'tcp', hosts: ['127.0.0.1'], port: 0 })
  const folder = await tempFolder()
  const [proxy, control] = [join(folder, 'p.sock'), join(folder, 'c.sock')]
  await edge.ingresses.open('proxy', { kind: 'unix', path: proxy })
  await edge.ingresses.open('control', { kind: 'unix', path: control })
  return { ...edge, doors: { local: edge.port, lan: Number(authorities[0]?.split(':').at(-1)), proxy, control } }
}

/** A request by a name that every door knows, unless `pairs` bring another: its status, the code of an error, whom the app saw. */
async function come(door: number | string, pairs: Pairs, path = '/headers', method = 'GET') {
  const named = pairs.includes('Host') ? pairs : ['Host', 'gateway.example.com', ...pairs]
  const { status, body, headers } = await ask(door, path, { bare: true, method, pairs: [...named] })
  // `as`: an error of ours, what startEdge's Control answers, or what the app answers at /headers.
  const told = JSON.parse(body || '{}') as { code?: string; error?: string; principal?: string; headers?: [string, string][] }
  const seen = Object.fromEntries((told.headers ?? []).map(([name, value]) => [name.toLowerCase(), value]))
  return { status, code: told.code ?? null, error: told.error ?? '', user: told.principal ?? seen['x-xopc-user'] ?? null, seen, headers }
}

const house = await startDoors()

describe.each(['local', 'lan', 'proxy'] as const)('by the %s door, from a trusted peer', (door) => {
  it('a proxy says to the app and to us who somebody is', async () => {
    expect(await come(house.doors[door], good)).toMatchObject({ status: 200, user: 'sso:anna' })
    expect(await come(house.doors[door], good, '/xopc/api/status')).toMatchObject({ status: 200, user: 'sso:anna' })
  })

  const bad = 'invalid_proxy_credentials'
  const cases: [what: string, pairs: Pairs, code: string][] = [
    ['absent', [], 'missing_token'],
    ['absent from a proxy that proved itself', secret, bad],
    ['doubled', [...good, ...anna], bad],
    ['doubled with another user', [...good, 'x-forwarded-user', 'root'], bad],
    ['comma-joined', ['X-Forwarded-User', 'root, anna', ...secret], bad],
    ['blank', ['X-Forwarded-User', '', ...secret], bad],
    ['of blanks', ['X-Forwarded-User', '  ', ...secret], bad],
    ['left unfilled by Caddy', ['X-Forwarded-User', '{http.auth.user.id}', ...secret], bad],
    ['spelt with underscores', ['X_Forwarded_User', 'anna', ...secret], bad],
    ['spelt with underscores, without a secret', ['X_Forwarded_User', 'anna'], 'missing_token'],
    ['sent past the proxy', anna, bad],
    ['sent past the proxy with a guess', [...anna, 'X-Xopc-Proxy-Secret', 'a-guess-of-some-length'], bad],
    ['with a secret spelt with underscores', [...anna, 'X_Xopc_Proxy_Secret', SECRET], bad],
    ['with the secret twice', [...good, ...secret], bad],
    ['stripped by Connection', [...good, 'Connection', 'close, X-Forwarded-User'], bad],
    ['whose secret is stripped by Connection', [...good, 'Connection', 'X-Xopc-Proxy-Secret'], bad],
    ['stripped with its secret by Connection', [...good, 'Connection', 'X-Xopc-Proxy-Secret, X-Forwarded-User'], 'missing_token'],
    ['too long', ['X-Forwarded-User', 'a'.repeat(257), ...secret], bad],
    ['of another name', ['Remote-User', 'anna', ...secret], bad],
  ]
  it.each(cases)('an identity header that is %s lets nobody in', async (what, pairs, code) => {
    // A client of its own for each row, so that no row is blocked for another.
    const client = ['X-Forwarded-For', `192.0.2.${cases.findIndex(([each]) => each === what)}`]
    expect(await come(house.doors[door], [...pairs, ...client])).toMatchObject({ status: 401, code })
    expect((await come(house.doors[door], [...pairs, ...client], '/xopc/api/status')).user ?? 'nobody').toMatch(/^(nobody|anonymous)$/)
  })

  it('the identity headers stay here, in every spelling, also those that nobody but this owner uses', async () => {
    const corp = await startDoors({ sharedSecret: SECRET, userHeader: 'X-Corp-User', requiredHeaders: ['X-Corp-Tenant'] })
    const claims = ['X-Corp-User', 'anna', 'X-Corp-Tenant', '7', ...secret]
    const spelt = ['X_Corp_User', 'root', 'x.corp.tenant', '8', 'X-Forwarded-User', 'root', 'X_Xopc_Proxy_Secret', SECRET]
    const { status, user, seen } = await come(corp.doors[door], [...claims, ...spelt, 'X-Corp-Colour', 'green'])
    expect([status, user, seen['x-corp-colour']]).toEqual([200, 'sso:anna', 'green'])
    const left = Object.keys(seen).filter((name) => /corp.(user|tenant)|forwarded.user|secret/i.test(name))
    expect(left).toEqual([])
    expect(JSON.stringify(seen)).not.toContain(SECRET)
  })
})

it('from a peer that nobody listed, no header says who somebody is, and none reaches the app', async () => {
  const { doors } = await startDoors({ sharedSecret: SECRET, userHeader: 'X-Corp-User' }, { trustedProxies: ['192.0.2.7'] })
  for (const place of [doors.local, doors.lan]) {
    expect(await come(place, ['X-Corp-User', 'anna', ...secret])).toMatchObject({ status: 401, code: 'missing_token' })
  }
})

it('on the control socket everybody is the owner, whatever a header says', async () => {
  for (const pairs of [good, anna, [...anna, 'X-Xopc-Proxy-Secret', 'a-guess-of-some-length']]) {
    expect(await come(house.doors.control, pairs)).toMatchObject({ status: 200, user: 'owner' })
  }
})

it('in token mode the same headers say nothing', async () => {
  const { doors } = await startDoors({ sharedSecret: SECRET }, { auth: { mode: 'token', trustedProxy: { sharedSecret: SECRET } } })
  expect(await come(doors.local, good)).toMatchObject({ status: 401 })
})

describe('what comes with every request of a browser', () => {
  const origin = (value: string) => ['Origin', value]
  const cases: [what: string, method: string, pairs: Pairs, status: number][] = [
    ['reading for a page of elsewhere', 'GET', origin('https://evil.example'), 200],
    ['writing for a page of elsewhere', 'POST', origin('https://evil.example'), 403],
    ['writing for no page at all', 'POST', origin('null'), 403],
    ['writing for its own page', 'POST', origin(publicUrl), 200],
    ['writing for a program', 'POST', [], 200],
    ['reading by a name that is not ours', 'GET', ['Host', 'evil.example'], 421],
  ]
  it.each(cases)('is judged like a cookie: %s', async (_, method, pairs, status) => {
    expect((await come(house.doors.proxy, [...good, ...pairs], '/headers', method)).status).toBe(status)
  })

  it('opens no WebSocket for a page of elsewhere', async () => {
    const upgrade = [
      'Connection',
      'Upgrade',
      'Upgrade',
      'websocket',
      'Sec-WebSocket-Version',
      '13',
      'Sec-WebSocket-Key',
      `${'A'.repeat(22)}==`,
    ]
    expect(await come(house.doors.proxy, [...good, ...upgrade, ...origin('https://evil.example')], '/ws')).toMatchObject({ status: 403 })
    expect(await come(house.doors.proxy, [...anna, ...upgrade, ...origin(publicUrl)], '/ws')).toMatchObject({ status: 401 })
  })
})

it('tells the owner what was wrong, and a guesser no more than that the secret is', async () => {
  const { doors } = await startDoors({ sharedSecret: SECRET, allowUsers: ['anna'], requiredHeaders: ['X-Forwarded-Email'] })
  const mail = ['X-Forwarded-Email', 'a@example.com']
  const said = async (...pairs: string[]) => (await come(doors.local, pairs)).error
  const guesses = await Promise.all([
    said(...anna),
    said('X-Forwarded-User', 'root', ...mail),
    said('X-Forwarded-User', '', 'X-Xopc-Proxy-Secret', 'a-guess-of-some-length'),
    said(...good.map((text) => (text === SECRET ? 'another-guess-of-length' : text))),
  ])
  expect(new Set(guesses).size).toBe(1)
  expect(guesses[0]).toContain('X-Xopc-Proxy-Secret')
  expect(await said(...secret, ...mail)).toContain('named nobody')
  expect(await said(...good)).toContain('missing')
  expect(await said('X-Forwarded-User', 'root', ...secret, ...mail)).toContain('may not come in')
  expect(await said('X-Forwarded-User', 'a,b', ...secret, ...mail)).toContain('does not name one user')
})

it('writes refused identities to the audit log with the reason, never the secret', async () => {
  const { doors, audits, lines } = await startDoors({ sharedSecret: SECRET, allowUsers: ['anna'] })
  await come(doors.local, ['X-Forwarded-User', 'root <x>', ...secret, 'X-Forwarded-For', '192.0.2.9'])
  await come(doors.proxy, [...anna, 'X-Xopc-Proxy-Secret', 'a-guess-of-some-length'])
  expect(audits).toMatchObject([
    {
      event: 'AuthAudit.proxyRefused',
      fields: { reason: 'user-not-allowed', user: 'sso:root%20%3Cx%3E', client: '192.0.2.9', ingress: 'local' },
    },
    { event: 'AuthAudit.proxyRefused', fields: { reason: 'secret-wrong', ingress: 'proxy' } },
  ])
  expect(JSON.stringify([audits, lines])).not.toMatch(/a-guess-of-some-length|5ec2e7aa/)
})

it('writes to the audit log who came, once, and no flood of names', async () => {
  const { doors, audits } = await startDoors()
  const signedIn = () => audits.filter(({ event }) => event === 'AuthAudit.signedIn').map(({ fields }) => fields)
  for (const client of ['192.0.2.1', '192.0.2.1', '192.0.2.2']) await come(doors.proxy, [...good, 'X-Forwarded-For', client])
  expect(signedIn()).toEqual([
    { user: 'sso:anna', client: '192.0.2.1', ingress: 'proxy', by: 'proxy' },
    { user: 'sso:anna', client: '192.0.2.2', ingress: 'proxy', by: 'proxy' },
  ])
  const names = Array.from({ length: 60 }, (_, n) => come(doors.proxy, ['X-Forwarded-User', `user-${n}`, ...secret]))
  await Promise.all(names)
  expect(signedIn().length).toBeLessThan(2 + 60)
})

it('a wrong secret blocks the client behind the proxy, a missing user nobody', async () => {
  const chosen = 'a-secret-that-i-chose-myself'
  const { doors, audits } = await startDoors({ sharedSecret: chosen })
  const by = (client: string, given: string) => come(doors.local, [...anna, 'X-Xopc-Proxy-Secret', given, 'X-Forwarded-For', client])
  for (let n = 0; n < 10; n++) await come(doors.local, ['X-Xopc-Proxy-Secret', chosen, 'X-Forwarded-For', '192.0.2.1'])
  expect((await by('192.0.2.1', chosen)).status).toBe(200)
  const guesses = []
  for (let n = 0; n < 6; n++) guesses.push((await by('192.0.2.1', `guess-number-${n}-xxxxxxxx`)).status)
  expect(guesses).toEqual([401, 401, 401, 401, 401, 429])
  expect(await by('192.0.2.1', chosen)).toMatchObject({ status: 429, code: 'auth_blocked', headers: { 'retry-after': expect.any(String) } })
  expect((await by('192.0.2.2', chosen)).status).toBe(200)
  expect(audits.filter(({ event }) => event === 'AuthAudit.sourceBlocked')).toHaveLength(1)
})

it('from a blocked source a generated secret is compared all the same', async () => {
  const { doors } = await startDoors()
  const by = (given: string) => come(doors.local, [...anna, 'X-Xopc-Proxy-Secret', given, 'X-Forwarded-For', '192.0.2.1'])
  for (let n = 0; n < 5; n++) await by(`guess-number-${n}-xxxxxxxx`)
  expect([(await by('one-more-guess-xxxxxxxx')).status, (await by(SECRET)).status]).toEqual([429, 200])
})

it('a change of the settings holds from the next request', async () => {
  const { doors, reconfigure } = await startDoors()
  const next = (trustedProxy: TrustedProxy, over?: Gateway) => reconfigure(settings(trustedProxy, over))
  next({ sharedSecret: SECRET, allowUsers: ['bert'] })
  expect((await come(doors.local, good)).status).toBe(401)
  next({ sharedSecret: SECRET, userHeader: 'Remote-User' })
  expect(await come(doors.local, ['Remote-User', 'anna', ...secret])).toMatchObject({ status: 200, user: 'sso:anna' })
  next({ sharedSecret: 'f00dfeed'.repeat(6) })
  expect((await come(doors.local, good)).status).toBe(401)
  next({ sharedSecret: SECRET }, { trustedProxies: [] })
  expect(await come(doors.local, good)).toMatchObject({ status: 401, code: 'missing_token' })
  next(undefined)
  expect(await come(doors.local, anna)).toMatchObject({ status: 200, user: 'sso:anna' })
})
