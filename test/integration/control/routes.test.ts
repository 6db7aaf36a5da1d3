import { describe, expect, it } from 'vitest'
import { controlRoutes } from '../../../src/lib/gateway/control/routes/table.ts'
import type { Access, ControlRoute } from '../../../src/lib/gateway/control/route.ts'
import type { Scope } from '../../../src/lib/protocol/http-api.ts'
import { openStream, signedIn, startHouse, type AskOptions, type House } from './house.ts'

type Credential = (house: House) => AskOptions | Promise<AskOptions>

async function joined(house: House, kind: 'app' | 'browser', scopes: Scope[]) {
  const baseUrl = `http://127.0.0.1:${house.port}`
  return await house.devices.add({ name: 'Phone', platform: null, kind, scopes, baseUrl })
}

async function device(house: House, scopes: Scope[]): Promise<AskOptions> {
  return { headers: { authorization: `Bearer ${(await joined(house, 'app', scopes)).token}` } }
}

/** Who asks, by which credential. */
const principals = {
  nobody: () => ({}),
  'a wrong token': () => ({ headers: { authorization: 'Bearer wrong-wrong-wrong-wrong' } }),
  'the owner token as Bearer': ({ token }: House) => ({ headers: { authorization: `Bearer ${token}` } }),
  'the owner token as X-Xopc-Token': ({ token }: House) => ({ headers: { 'x-xopc-token': token } }),
  'the owner token as X-Api-Key': ({ token }: House) => ({ headers: { 'x-api-key': token } }),
  'a session’s cookie': async (house: House) => ({ headers: { cookie: (await signedIn(house)).cookie } }),
  'a session’s cookie and key': async (house: House) => {
    const { cookie, key } = await signedIn(house)
    return { headers: { cookie, 'x-xopc-token': key } }
  },
  'the key without its cookie': async (house: House) => ({ headers: { 'x-xopc-token': (await signedIn(house)).key } }),
  'a probe ticket': async (house: House) => {
    const reply = await house.ask('POST', '/api/ticket', { by: 'socket', body: { for: 'probe' } })
    return { headers: { authorization: `Bearer ${String(reply.json()['ticket'])}` } }
  },
  'a device': (house: House) => device(house, ['read', 'run']),
  'a device that administrates': (house: House) => device(house, ['read', 'run', 'pair', 'admin']),
  'a device that was revoked': async (house: House) => {
    const options = await device(house, ['read', 'run', 'pair', 'admin'])
    await house.devices.revokeAll()
    return options
  },
  'a browser that joined, by its cookie': async (house: House) => {
    const { token } = await joined(house, 'browser', ['read', 'run'])
    return { headers: { cookie: `xopc_device=${token}` } }
  },
  'a browser that joined, by its token in a header': async (house: House) => {
    const { token } = await joined(house, 'browser', ['read', 'run'])
    return { headers: { authorization: `Bearer ${token}` } }
  },
  'the control socket': () => ({ by: 'socket' as const }),
} satisfies Record<string, Credential>

type Who = keyof typeof principals
const whole = 'let in'

/** What each gets on a route of each kind: let in, or the status that refuses. */
const rights: Record<Who, Record<Access, typeof whole | 401 | 403>> = {
  nobody: { none: whole, read: 401, run: 401, pair: 401, admin: 401, session: 401, probe: 401 },
  'a wrong token': { none: 401, read: 401, run: 401, pair: 401, admin: 401, session: 401, probe: 401 },
  'the owner token as Bearer': { none: whole, read: whole, run: whole, pair: whole, admin: whole, session: 401, probe: whole },
  'the owner token as X-Xopc-Token': { none: whole, read: whole, run: whole, pair: whole, admin: whole, session: 401, probe: whole },
  'the owner token as X-Api-Key': { none: whole, read: whole, run: whole, pair: whole, admin: whole, session: 401, probe: whole },
  'a session’s cookie': { none: whole, read: whole, run: whole, pair: 403, admin: 403, session: whole, probe: 403 },
  'a session’s cookie and key': { none: whole, read: whole, run: whole, pair: whole, admin: whole, session: whole, probe: whole },
  'the key without its cookie': { none: 401, read: 401, run: 401, pair: 401, admin: 401, session: 401, probe: 401 },
  'a probe ticket': { none: whole, read: 403, run: 403, pair: 403, admin: 403, session: 401, probe: whole },
  'a device': { none: whole, read: whole, run: whole, pair: 403, admin: 403, session: 401, probe: 403 },
  'a device that administrates': { none: whole, read: whole, run: whole, pair: whole, admin: whole, session: 401, probe: whole },
  'a device that was revoked': { none: 401, read: 401, run: 401, pair: 401, admin: 401, session: 401, probe: 401 },
  'a browser that joined, by its cookie': { none: whole, read: whole, run: whole, pair: 403, admin: 403, session: 401, probe: 403 },
  'a browser that joined, by its token in a header': { none: 401, read: 401, run: 401, pair: 401, admin: 401, session: 401, probe: 401 },
  'the control socket': { none: whole, read: whole, run: whole, pair: whole, admin: whole, session: 401, probe: whole },
}

const bodies: Record<string, unknown> = {
  'POST /api/access/:id/consent': { version: '2026-11-funnel' },
  'POST /api/tunnel/consent': { version: '2026-11' },
  'PATCH /api/config': { 'gateway.port': 18791 },
  'PATCH /api/devices/:id': { name: 'Phone' },
  'POST /api/tunnel/exchange-token': { pairingSecret: 'no-such-secret' },
  'POST /api/gateway-identity/challenge': { nonce: 'n'.repeat(32) },
  'POST /api/tunnel/pair/probe-public': { url: 'https://gateway.test' },
  'POST /api/tunnel/pair/validate-url': { baseUrl: 'https://gateway.example.com' },
}
/** What stands in the query where a route asks for one. */
const queries: Record<string, string> = { 'GET /api/access/proxy/template': '?program=caddy' }
/** Let in, and answered with something else than 200 or 204. */
const answers: Record<string, number> = {
  'POST /api/gateway/stop': 202,
  'POST /api/gateway/restart': 202,
  'POST /api/access/:id/enable': 202,
  'POST /api/exposure/tailscale/start': 202,
  'POST /api/tunnel/exchange-token': 401,
  'GET /api/devices/me': 404,
  'POST /api/tunnel/start': 202,
  'POST /api/agent': 503,
  'POST /api/agent/stream': 503,
  'POST /api/agent/abort': 503,
  'GET /api/probe/ws': 426,
}
const nameOf = ({ method, path }: ControlRoute): string => `${method} ${path}`

async function statusOf(house: House, row: ControlRoute, options: AskOptions): Promise<{ status: number; json: () => unknown }> {
  const path = row.path.replace(':id', 'lan') + (queries[nameOf(row)] ?? '')
  if (row.produces === 'text/event-stream') {
    const { status, close } = await openStream(house, path, options)
    close()
    return { status, json: () => null }
  }
  const body = bodies[nameOf(row)]
  return house.ask(row.method, path, { ...options, ...(body === undefined ? {} : { body }) })
}

describe.each(Object.keys(principals) as Who[])('%s', (who) => {
  it.each(controlRoutes.map((row) => [nameOf(row), row] as const))('%s', async (name, row) => {
    const house = await startHouse()
    const credential: Credential = principals[who]
    const reply = await statusOf(house, row, await credential(house))
    // The edge answers health before it looks at any credential.
    const right = name === 'GET /api/health' ? whole : rights[who][row.scope]
    // POST /api/session takes its credential from the request itself.
    const wanted =
      name === 'POST /api/session' &&
      (who === 'nobody' ||
        who.includes('ticket') ||
        who.startsWith('a session') ||
        who.startsWith('a device') ||
        who.startsWith('a browser'))
        ? 401
        : right
    // Who is a device learns of itself.
    const special = name === 'GET /api/devices/me' && (who.includes('device') || who.includes('browser')) ? 200 : answers[name]
    if (wanted !== whole) expect(reply.status).toBe(wanted)
    else expect([special ?? 200, 204]).toContain(reply.status)
    if (wanted === whole && reply.status < 300 && row.reply !== undefined) expect(() => row.reply?.parse(reply.json())).not.toThrow()
  })
})

it('every method of Xopc that has a row in the table of routes is served by it', async () => {
  const { routes } = await import('../../../src/lib/protocol/routes.ts')
  const served = controlRoutes.map((row) => `${row.method} ${row.path} ${row.scope}`)
  const health = 'GET /api/health none'
  for (const { method, path, scope } of Object.values(routes)) {
    expect(served).toContain(path === '/health' ? health : `${method} ${path} ${scope}`)
  }
})
