import { Agent, type IncomingMessage, request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { NewDevice } from '../../../src/lib/identity/device-record.ts'
import { ask, type Reply, startApp, startEdge, TOKEN, until } from './support.ts'

const app = await startApp()
const edge = await startEdge({ upstream: { url: app.url } })
const phone: NewDevice = { name: 'Pixel', platform: 'android', kind: 'app', scopes: ['read', 'run'], baseUrl: 'https://gateway.test' }
const browser: NewDevice = { ...phone, kind: 'browser' }
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
const codeOf = ({ body }: Reply): unknown => (JSON.parse(body) as { code?: string }).code

/** An answer that goes on. */
function stream(port: number, path: string, headers: Record<string, string>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const req = request({ host: '127.0.0.1', port, path, headers, agent: false })
    req.once('response', resolve).once('error', reject)
    req.end()
  })
}

/** Milliseconds from now until it ends. */
async function endOf(res: IncomingMessage): Promise<number> {
  const began = Date.now()
  res.on('error', () => undefined).resume()
  await new Promise((resolve) => res.once('close', resolve))
  return Date.now() - began
}

function socket(path: string, headers: Record<string, string>): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const ws = new WebSocket(`ws://127.0.0.1:${edge.port}${path}`, { headers })
    ws.once('open', () => resolve(ws)).once('error', reject)
  })
}

describe('the app', () => {
  it('learns which device it is, and nothing of its token', async () => {
    const { record, token } = await edge.devices.add(phone)
    for (const headers of [bearer(token), { 'X-Xopc-Token': token }, { 'X-Api-Key': token }]) {
      const { status, body } = await ask(edge.port, '/headers', { headers: { ...headers, 'X-Xopc-User': 'owner' }, bare: true })
      const seen = (JSON.parse(body) as { headers: [string, string][] }).headers
      expect([status, seen.filter(([name]) => name.toLowerCase() === 'x-xopc-user')]).toEqual([
        200,
        [['X-Xopc-User', `device:${record.id}`]],
      ])
      expect(body).not.toContain(token)
    }
  })

  it('learns nothing of a browser’s cookie either', async () => {
    const { record, token } = await edge.devices.add(browser)
    const headers = { Host: 'gateway.test', Cookie: `theirs=1; __Host-xopc_device=${token}` }
    const { status, body } = await ask(edge.port, '/headers', { headers, bare: true })
    expect([status, body.includes(`device:${record.id}`), body.includes('theirs=1'), body.includes(token)]).toEqual([
      200,
      true,
      true,
      false,
    ])
  })

  it.each(['xopc_dt_unknown', 'revoked'])('is not reached by a token that is %s, and never sees it beside a good one', async (kind) => {
    const made = await edge.devices.add(phone)
    if (kind === 'revoked') await edge.devices.revoke(made.record.id)
    const bad = kind === 'revoked' ? made.token : kind
    const before = edge.limiter.size()
    const refused = await ask(edge.port, '/headers', { headers: bearer(bad), bare: true })
    expect([refused.status, codeOf(refused), refused.headers['www-authenticate']]).toEqual([401, 'invalid_token', 'Bearer realm="xopc"'])
    expect(edge.limiter.size()).toBeGreaterThanOrEqual(Math.max(before, 1))
    const { body } = await ask(edge.port, '/headers', { headers: { ...bearer(bad), 'X-Xopc-Token': TOKEN, 'X-Api-Key': bad }, bare: true })
    expect([body.includes('owner'), body.includes(bad)]).toEqual([true, false])
  })
})

describe('revoking', () => {
  it('ends what the device has open within a second, and nothing of anybody else', { timeout: 20_000 }, async () => {
    const { record, token } = await edge.devices.add(phone)
    const other = await edge.devices.add(phone)
    const { ticket } = edge.tickets.issue('ws', { kind: 'device', id: `device:${record.id}`, device: record.id, scopes: new Set(['run']) })
    const mine = [
      await stream(edge.port, '/events?count=0&every=50', bearer(token)),
      await stream(edge.port, '/bytes?size=900000000', bearer(token)),
    ]
    const sockets = [await socket('/ws', bearer(token)), await socket(`/ws?ticket=${ticket}`, {})]
    const theirs = [
      await stream(edge.port, '/events?count=0&every=50', bearer(other.token)),
      await stream(edge.port, '/events?count=0', bearer(TOKEN)),
    ]
    const closed = sockets.map(async (ws) => {
      await new Promise((resolve) => ws.on('error', () => undefined).once('close', resolve))
    })
    const began = Date.now()
    const ends = mine.map(endOf)
    await edge.devices.revoke(record.id)
    await Promise.all([...ends, ...closed])
    expect(Date.now() - began).toBeLessThan(1_000)
    expect(theirs.map(({ destroyed }) => destroyed)).toEqual([false, false])
    for (const res of theirs) res.destroy()
    expect((await ask(edge.port, '/', { headers: bearer(token), bare: true })).status).toBe(401)
    await until(() => edge.streams.count() === 0)
    await edge.devices.revoke(other.record.id)
  })

  it('lets the reply to a request that is about to end go out', async () => {
    const { record, token } = await edge.devices.add(phone)
    const late = ask(edge.port, '/slow?ms=100', { headers: bearer(token), bare: true })
    await until(() => edge.devices.get(record.id)?.lastSeenAt !== null)
    await edge.devices.revoke(record.id)
    expect((await late).status).toBe(200)
  })
})

it('a connection that a proxy shares among visitors survives a device whose request on it has ended', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const over = (path: string, token: string): Promise<{ status: number; reused: boolean }> =>
    new Promise((resolve, reject) => {
      const req = request({ host: '127.0.0.1', port: edge.port, path, headers: bearer(token), agent })
      req.once('error', reject).once('response', (res) => {
        res.resume().once('end', () => resolve({ status: res.statusCode ?? 0, reused: req.reusedSocket }))
      })
      req.end()
    })
  const { record, token } = await edge.devices.add(phone)
  const first = over('/slow?ms=100', token)
  await until(() => edge.devices.get(record.id)?.lastSeenAt !== null)
  await edge.devices.revoke(record.id)
  expect((await first).status).toBe(200)
  expect(await over('/slow?ms=400', TOKEN)).toEqual({ status: 200, reused: true })
  agent.destroy()
})

describe('a stream of a device', () => {
  it('counts for the device: it has a tenth of all', { timeout: 20_000 }, async () => {
    const small = await startEdge({ upstream: { url: app.url }, maxSseConnections: 20 })
    const [one, other] = [await small.devices.add(phone), await small.devices.add(phone)]
    const open = (token: string) => stream(small.port, '/events?count=0', bearer(token))
    const held = [await open(one.token), await open(one.token)]
    expect((await open(one.token)).statusCode).toBe(503)
    held.push(await open(other.token))
    expect(held.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200])
    held[0]?.destroy()
    await until(() => small.streams.count() === 2)
    held.push(await open(one.token))
    expect(held.at(-1)?.statusCode).toBe(200)
    for (const res of held) res.destroy()
  })
})

describe('names and origins', () => {
  it('of a living device are ours, and not any longer than it lives', async () => {
    const it_ = await startEdge({})
    const at = (headers: Record<string, string>) =>
      ask(it_.port, '/xopc/api/status', { headers: { Host: 'away.test', ...headers }, bare: true })
    expect((await at({})).status).toBe(421)
    const { record, token } = await it_.devices.add({ ...browser, baseUrl: 'https://away.test' })
    const cookie = { Cookie: `__Host-xopc_device=${token}` }
    expect((await at({})).status).toBe(200)
    expect((await at({ ...cookie, Origin: 'https://away.test' })).body).toContain(`device:${record.id}`)
    expect((await at({ Origin: 'https://other.test' })).status).toBe(403)
    await it_.devices.revoke(record.id)
    expect([(await at(cookie)).status, (await at({ ...cookie, Origin: 'https://away.test' })).status]).toEqual([421, 403])
  })

  it('over https are https for the app, although the proxy in front is not listed', async () => {
    const { token } = await edge.devices.add({ ...browser, baseUrl: 'https://proxied.test' })
    const headers = { Host: 'proxied.test', Cookie: `__Host-xopc_device=${token}` }
    const { body } = await ask(edge.port, '/headers', { headers, bare: true })
    expect(body).toContain('["X-Forwarded-Proto","https"]')
    expect((await ask(edge.port, '/headers', {})).body).toContain('["X-Forwarded-Proto","http"]')
  })

  it('of a waiting code are ours where a device joins, and nowhere else', async () => {
    const it_ = await startEdge({})
    const known = async (method: string, path: string, origin?: string) => {
      const headers = { Host: 'away.test', ...(origin === undefined ? {} : { Origin: origin }) }
      const { status } = await ask(it_.port, path, { method, headers, bare: true })
      return status === 200 ? (it_.handed.at(-1)?.exchange.knownHost ?? null) : status
    }
    const all = async () => [
      await known('POST', '/api/tunnel/exchange-token'),
      await known('POST', '/xopc/api/tunnel/pair/validate-url', 'https://away.test'),
      await known('GET', '/xopc/pair'),
      await known('GET', '/xopc/api/status'),
    ]
    expect(await all()).toEqual([421, 403, false, 421])
    const { id } = it_.pairing.mint({
      by: 'owner',
      scopes: ['read'],
      name: null,
      baseUrl: 'https://away.test',
      lanUrl: null,
      browser: true,
    })
    expect(await all()).toEqual([true, true, true, 421])
    it_.pairing.cancel(id, 'owner')
    expect(await all()).toEqual([421, 403, false, 421])
  })

  it('a token in a header is good under any name, because a page that took one over has none', async () => {
    const { token } = await edge.devices.add(phone)
    const asked = await ask(edge.port, '/xopc/api/status', { headers: { Host: 'nobody.test', ...bearer(token) }, bare: true })
    expect(asked.status).toBe(200)
  })

  it('a page of elsewhere cannot use the cookie: not for data, not for a WebSocket', async () => {
    const { token } = await edge.devices.add(browser)
    const headers = { Host: 'gateway.test', Cookie: `__Host-xopc_device=${token}`, Origin: 'https://evil.test' }
    const posted = await ask(edge.port, '/echo', { method: 'POST', headers, bare: true, body: 'x' })
    expect([401, 403]).toContain(posted.status)
    await expect(socket('/ws', headers)).rejects.toThrow('403')
  })
})

describe('where nobody is asked', () => {
  it('a device comes in from afar, and joins; anybody else does not', async () => {
    const open = await startEdge({ upstream: { url: app.url }, auth: { mode: 'none' } })
    const { record, token } = await open.devices.add(phone)
    const afar = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
      ask(open.port, path, { method, headers: { 'X-Forwarded-For': '203.0.113.9', ...headers }, bare: true })
    expect((await afar('/headers', bearer(token))).body).toContain(`device:${record.id}`)
    for (const headers of [{}, bearer('token-of-the-app')]) {
      const refused = await afar('/', headers)
      expect([refused.status, codeOf(refused)]).toEqual([403, 'AUTH_NONE_LOCAL_ONLY'])
    }
    const wrong = await afar('/', bearer('xopc_dt_wrong'))
    expect([wrong.status, codeOf(wrong)]).toEqual([401, 'invalid_token'])
    for (const [method, path] of [
      ['GET', '/api/tunnel/pair/ping'],
      ['POST', '/api/tunnel/exchange-token'],
      ['GET', '/xopc/pair'],
    ] as const) {
      expect((await afar(path, { Host: `127.0.0.1:${open.port}` }, method)).status, path).toBe(200)
    }
    for (const path of ['/xopc/', '/xopc/api/status', '/xopc/api/session']) expect((await afar(path, {}, 'POST')).status, path).toBe(403)
  })
})

describe('what is remembered of a device', () => {
  it('is when it came last, by which door and from where, also behind a trusted proxy', async () => {
    const it_ = await startEdge({ trustedProxies: ['127.0.0.1'] })
    const { record, token } = await it_.devices.add(phone)
    const told: string[] = []
    it_.devices.follow({ network: (_, { ip }) => told.push(ip ?? '') })
    const from = (ip: string) => ask(it_.port, '/xopc/api/status', { headers: { 'X-Forwarded-For': ip, ...bearer(token) }, bare: true })
    for (const ip of ['203.0.113.9', '203.0.113.77', '198.51.100.4', '203.0.113.9']) expect((await from(ip)).status).toBe(200)
    expect(it_.devices.get(record.id)).toMatchObject({ lastIp: '203.0.113.9', lastIngress: 'local' })
    expect(told).toEqual(['198.51.100.4'])
  })

  it('is nothing of a request that was refused', async () => {
    const { record, token } = await edge.devices.add(phone)
    await ask(edge.port, '/xopc/api/status', { headers: { Origin: 'https://evil.test', ...bearer(token) }, bare: true })
    expect(edge.devices.get(record.id)?.lastSeenAt).toBeNull()
  })
})
