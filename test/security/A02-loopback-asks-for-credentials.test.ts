import { networkInterfaces } from 'node:os'
import { beforeAll, describe, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { authModes, type Door, doorTo, openHouse, PASSWORD, seenByGateway } from './doors.ts'
import { caddyStripping, proxyNames, proxyPeers, startCaddy, startNginx } from './proxies.ts'

// A proxy that strips every forwarded header and writes Host anew looks exactly like a program on this computer.

const houses = {
  'token, no app': await openHouse(),
  'token, an app': await openHouse({ app: true }),
  'password, no app': await openHouse({ gateway: { auth: authModes.password } }),
  'password, an app': await openHouse({ app: true, gateway: { auth: authModes.password } }),
}
const loopbackNames = (port: number) => ['127.0.0.1', 'localhost', '[::1]', '127.9.9.9'].flatMap((name) => [name, `${name}:${port}`])
const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'))

describe.each(Object.entries(houses))('%s', (title, house) => {
  const { port } = house.gateway
  const ways: [string, Door][] = [
    ['127.0.0.1', house.doors.local],
    ...(hasIPv6 ? [['::1', doorTo({ host: '::1', port }, `[::1]:${port}`)] as [string, Door]] : []),
  ]
  const withApp = title.endsWith('an app')
  const paths = [
    '/xopc/api/status',
    '/xopc/api/config',
    '/xopc/api/events',
    '/metrics',
    ...(withApp ? ['/', '/json', '/events'] : ['/api/status']),
  ]
  const sockets = ['/xopc/api/probe/ws', ...(withApp ? ['/ws'] : [])]

  it.each(ways)('by %s, no path tells or does anything without a credential', async (_, door) => {
    for (const host of loopbackNames(port)) {
      for (const path of paths)
        expect(await door.ask(`GET ${path}`, [], { host }), `${host}${path}`).toMatchObject({ status: 401, code: 'missing_token' })
      for (const path of sockets) expect((await door.shake(path, [], { host })).status, path).toBe(401)
    }
    expect(await door.ask('POST /xopc/api/gateway/stop', ['Content-Type: application/json'], { body: '{}' })).toMatchObject({ status: 401 })
  })

  it.each(ways)('by %s, a wrong credential is wrong', async (_, door) => {
    expect(await door.ask('GET /xopc/api/status', ['Authorization: Bearer wrong-wrong-wrong-wrong'])).toMatchObject({
      status: 401,
      code: 'invalid_token',
    })
  })

  it('the right one opens, and the control socket needs none', async () => {
    const right = title.startsWith('token') ? house.bearer : `Authorization: Bearer ${PASSWORD}`
    expect(await house.doors.local.ask('GET /xopc/api/status', [right])).toMatchObject({ status: 200 })
    expect(await house.doors.control.ask('GET /xopc/api/status')).toMatchObject({ status: 200 })
  })

  it('the proxy socket is a door like any other', async () => {
    expect(await house.doors.proxy.ask('GET /xopc/api/status')).toMatchObject({ status: 401, code: 'missing_token' })
    expect(await house.doors.proxy.ask('GET /xopc/api/status', ['X-Forwarded-For: 127.0.0.1'])).toMatchObject({
      status: 401,
      code: 'missing_token',
    })
  })
})

it('where nobody is asked, a name of elsewhere shows that the request is from elsewhere', async () => {
  const { doors } = await openHouse({ bare: true, app: true, gateway: { auth: { mode: 'none' } } })
  for (const host of [
    'gateway.example.com',
    '192.168.1.5',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '0.0.0.0',
    'xn--localhost-abc',
  ]) {
    expect(await doors.local.ask('GET /xopc/api/status', [], { host }), host).toMatchObject({ status: 403, code: 'AUTH_NONE_LOCAL_ONLY' })
    expect(await doors.local.ask('GET /', [], { host }), host).toMatchObject({ status: 403, code: 'AUTH_NONE_LOCAL_ONLY' })
  }
  expect(await doors.local.ask('GET /xopc/api/config')).toMatchObject({ status: 403, code: 'SCOPE_MISSING' })
})

needsPeer(proxyPeers, 'real proxies that leave nothing of themselves in a request', (nginx, caddy, caddyNew) => {
  const doors: Record<string, Record<string, Door>> = {}
  beforeAll(async () => {
    for (const [title, { gateway }] of Object.entries(houses)) {
      doors[title] = {
        nginx: await startNginx(nginx, gateway.port),
        'Caddy 2.6': await startCaddy(caddy, gateway.port, caddyStripping),
        'Caddy 2.11': await startCaddy(caddyNew, gateway.port, caddyStripping),
      }
    }
  })

  it.each(proxyNames)('%s: look like a program on this computer', async (name) => {
    const { gateway } = houses['token, no app']
    const seen = await seenByGateway(houses['token, no app'], doors['token, no app']![name]!, [], 'gateway.example.com')
    expect(seen).toMatchObject({ ingress: 'local', peer: '127.0.0.1', proxied: false, host: `127.0.0.1:${gateway.port}` })
  })

  it.each(proxyNames)('%s: are asked for a credential all the same', async (name) => {
    const asked = { status: 401, code: 'missing_token' }
    for (const title of Object.keys(houses)) {
      const door = doors[title]![name]!
      for (const path of [
        '/xopc/api/status',
        '/xopc/api/config',
        '/xopc/api/events',
        '/metrics',
        ...(title.endsWith('an app') ? ['/'] : []),
      ]) {
        expect(await door.ask(`GET ${path}`), `${title} ${path}`).toMatchObject(asked)
      }
      expect((await door.shake('/xopc/api/probe/ws')).status, title).not.toBe(101)
      const stop = await door.ask('POST /xopc/api/gateway/stop', ['Content-Type: application/json'], { body: '{}' })
      expect(stop, title).toMatchObject(asked)
    }
  })
})
