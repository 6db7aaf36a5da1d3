import { networkInterfaces } from 'node:os'
import { beforeAll, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { authModes, type Door, doorTo, openHouse, PASSWORD, seenByGateway } from './doors.ts'
import { proxyNames, proxyPeers, startProxies } from './proxies.ts'

// A proxy on this computer brings strangers from the internet, and its address is 127.0.0.1.

const signs = [
  'X-Forwarded-For: 203.0.113.9',
  'x-forwarded-for: 127.0.0.1',
  'X-FORWARDED-FOR: 127.0.0.1, 127.0.0.1',
  'X-Forwarded-For: ::1',
  'X-Forwarded-For:',
  'X-Forwarded-For: batman',
  'X_Forwarded_For: 203.0.113.9',
  'X-Forwarded-Host: 127.0.0.1',
  'X-Forwarded-Proto: http',
  'X-Forwarded-Port: 443',
  'X-Forwarded-Server: proxy',
  'X_Forwarded_Proto: https',
  'Forwarded: for=127.0.0.1',
  'forwarded: for=203.0.113.9;host=localhost;proto=http',
  'Via: 1.1 proxy',
  'via:',
]

const nobodyAsked = await openHouse({ bare: true, gateway: { auth: { mode: 'none' } } })
const withApp = await openHouse({ bare: true, app: true, gateway: { auth: { mode: 'none' } } })
const token = await openHouse({ bare: true })
const password = await openHouse({ bare: true, gateway: { auth: authModes.password } })

const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'))
const six = doorTo({ host: '::1', port: nobodyAsked.gateway.port }, `[::1]:${nobodyAsked.gateway.port}`)

it('lets a program on this computer in where nobody is asked', async () => {
  const { local } = nobodyAsked.doors
  expect(await local.ask('GET /xopc/api/status')).toMatchObject({ status: 200 })
  expect(await local.ask('GET /xopc/api/status', [], { host: 'localhost' })).toMatchObject({ status: 200 })
  expect(await local.ask('GET /xopc/api/status', ['X-Real-IP: 203.0.113.9'])).toMatchObject({ status: 200 })
  expect(await withApp.doors.local.ask('GET /')).toMatchObject({ status: 200, body: 'hello from the app' })
  if (hasIPv6) expect(await six.ask('GET /xopc/api/status')).toMatchObject({ status: 200 })
})

it.each(signs)('%s: not local where nobody is asked', async (sign) => {
  const refused = { status: 403, code: 'AUTH_NONE_LOCAL_ONLY' }
  expect(await nobodyAsked.doors.local.ask('GET /xopc/api/status', [sign])).toMatchObject(refused)
  expect(await nobodyAsked.doors.local.ask('GET /xopc/api/status', [sign], { host: 'localhost' })).toMatchObject(refused)
  expect(await withApp.doors.local.ask('GET /', [sign])).toMatchObject(refused)
  expect(await withApp.doors.local.shake('/ws', [sign])).toMatchObject(refused)
  if (hasIPv6) expect(await six.ask('GET /xopc/api/status', [sign])).toMatchObject(refused)
})

it.each(signs)('%s: nothing is signed for a loopback name', async (sign) => {
  const origin = `http://${token.doors.local.host}`
  const ask = (...lines: string[]) =>
    token.doors.local.ask('POST /xopc/api/gateway-identity/challenge', ['Content-Type: application/json', ...lines], {
      body: JSON.stringify({ nonce: 'n'.repeat(32), origin }),
    })
  expect(await ask()).toMatchObject({ status: 200 })
  expect(await ask(sign)).toMatchObject({ status: 421, code: 'NOT_MY_ORIGIN' })
})

it('a credential is asked for all the same, and the request is told as one that came through a proxy', async () => {
  for (const house of [token, password]) {
    for (const sign of signs)
      expect(await house.doors.local.ask('GET /xopc/api/status', [sign])).toMatchObject({ status: 401, code: 'missing_token' })
  }
  for (const sign of signs) {
    const seen = await seenByGateway(token, token.doors.local, [sign])
    expect(seen, sign).toMatchObject({ ingress: 'local', peer: '127.0.0.1', client: '127.0.0.1', proxied: true })
  }
  expect(await seenByGateway({ ...password, bearer: `Authorization: Bearer ${PASSWORD}` }, password.doors.local, [])).toMatchObject({
    proxied: false,
  })
})

needsPeer(proxyPeers, 'a stranger who comes through a real proxy on this computer', (...programs) => {
  let unasked: Record<string, Door>
  let asked: Record<string, Door>
  beforeAll(async () => {
    unasked = await startProxies(programs, withApp.gateway.port)
    asked = await startProxies(programs, token.gateway.port)
  })

  it.each(proxyNames)('%s: is not local, whatever name and address they write', async (name) => {
    const refused = { status: 403, code: 'AUTH_NONE_LOCAL_ONLY' }
    const door = unasked[name]!
    for (const host of [door.host, 'localhost', `127.0.0.1:${withApp.gateway.port}`, 'gateway.example.com']) {
      for (const lines of [
        [],
        ['X-Forwarded-For: 127.0.0.1'],
        ['X-Forwarded-For: ::1', 'X-Forwarded-Host: localhost', 'X-Real-IP: 127.0.0.1'],
      ]) {
        expect(await door.ask('GET /xopc/api/status', lines, { host }), host).toMatchObject(refused)
        expect(await door.ask('GET /', lines, { host }), host).toMatchObject(refused)
        expect((await door.shake('/ws', lines, { host })).status, host).toBe(403)
      }
    }
  })

  it.each(proxyNames)('%s: is asked for a credential, and told as one who came through a proxy', async (name) => {
    const door = asked[name]!
    const host = token.doors.local.host
    expect(await door.ask('GET /xopc/api/status', [], { host })).toMatchObject({ status: 401, code: 'missing_token' })
    expect(await seenByGateway(token, door, [], host)).toMatchObject({ ingress: 'local', client: '127.0.0.1', proxied: true })
  })
})
