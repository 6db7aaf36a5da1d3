import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { signIn } from './browsers.ts'
import { openHouse } from './doors.ts'

// Whoever may change the configuration owns the gateway. There is one way over HTTP, and it asks for `admin`.

const house = await openHouse({})
const withApp = await openHouse({ app: true })
const nobodyAsked = await openHouse({ bare: true, gateway: { auth: { mode: 'none' } } })
const json = 'Content-Type: application/json'
const fileOf = (each: typeof house) => readFileSync(join(each.gateway.stateDir, 'xopc.json'), 'utf8')

const bodies = [
  { 'gateway.auth.mode': 'none' },
  { 'gateway.bind': '0.0.0.0' },
  { gateway: { auth: { token: 'x'.repeat(20) } } },
  { 'gateway.corsOrigins': ['https://evil.example'] },
]
const routes = ['PATCH', 'PUT', 'POST', 'DELETE'].flatMap((method) =>
  ['/xopc/api/config', '/xopc/api/config/', '/xopc/api/config/gateway', '/xopc/API/config', '/xopc//api/config', '/api/config'].map(
    (path) => `${method} ${path}`,
  ),
)

it.each(routes)('%s changes nothing without admin', async (route) => {
  for (const each of [house, withApp, nobodyAsked]) {
    const before = fileOf(each)
    const { local } = each.doors
    const page = `http://${local.host}`
    const browser = each === house ? await signIn(house, local, page) : null
    const ticket = await local.ask('POST /xopc/api/ticket', [each.bearer, json], { body: '{"for":"events"}' })
    const ticketText = /xopc_tk_[\w-]+/.exec(ticket.body)?.[0] ?? 'none'
    const credentials = [[], ['Authorization: Bearer wrong-wrong-wrong-wrong'], browser === null ? [] : [browser.cookie, `Origin: ${page}`]]
    for (const credential of credentials) {
      for (const body of bodies) {
        const answer = await local.ask(route, [...credential, json], { body: JSON.stringify(body) })
        expect([401, 403, 404, 405, 429], `${route}: ${answer.status} ${answer.body}`).toContain(answer.status)
      }
    }
    const byTicket = await local.ask(`${route}?ticket=${ticketText}`, [json], { body: JSON.stringify(bodies[0]) })
    expect(byTicket.status, byTicket.body).toBeGreaterThanOrEqual(400)
    expect(fileOf(each)).toBe(before)
  }
})

it.each(['X-HTTP-Method-Override: PATCH', 'X-HTTP-Method: PATCH', 'X-Method-Override: PATCH'])(
  '%s makes no other method of what was sent',
  async (line) => {
    const before = fileOf(house)
    for (const name of ['local', 'proxy', 'control'] as const) {
      for (const query of ['', '?_method=PATCH']) {
        const answer = await house.doors[name].ask(`POST /xopc/api/config${query}`, [house.bearer, line, json], {
          body: JSON.stringify(bodies[0]),
        })
        expect(answer).toMatchObject({ status: 405 })
      }
    }
    expect(fileOf(house)).toBe(before)
  },
)

it('by a proxy, with the name that it forwards, it is the same', async () => {
  const before = fileOf(house)
  const { proxy } = house.doors
  for (const lines of [
    [],
    ['X-Forwarded-For: 127.0.0.1'],
    ['X-Forwarded-Host: localhost'],
    ['X-Forwarded-User: owner', 'X-Xopc-User: owner'],
  ]) {
    const answer = await proxy.ask('PATCH /xopc/api/config', [...lines, json], { body: JSON.stringify(bodies[0]) })
    expect([401, 421], answer.body).toContain(answer.status)
  }
  expect(fileOf(house)).toBe(before)
})

it('over a WebSocket nothing is said that anybody obeys', async () => {
  const before = fileOf(house)
  for (const path of ['/xopc/api/config', '/xopc/api/ws', '/xopc/api/events', '/xopc/api/gateway/stop']) {
    expect((await house.doors.local.shake(path)).status, path).not.toBe(101)
    expect((await house.doors.local.shake(path, [house.bearer])).status, path).not.toBe(101)
  }
  expect(fileOf(house)).toBe(before)
})

it('other changing routes ask for admin, too', async () => {
  const { local } = house.doors
  const { cookie } = await signIn(house, local, `http://${local.host}`)
  const before = fileOf(house)
  for (const path of ['access/lan/enable', 'access/lan/disable', 'gateway/stop', 'gateway/restart', 'gateway/rotate-token']) {
    for (const credential of [[], [cookie]]) {
      const answer = await local.ask(`POST /xopc/api/${path}`, [...credential, json], { body: '{}' })
      expect([401, 403], `${path}: ${answer.body}`).toContain(answer.status)
    }
  }
  expect(fileOf(house)).toBe(before)
  expect((await local.ask('GET /health')).status).toBe(200)
})

it('PATCH with admin changes it, so that the refusals above mean something', async () => {
  const { cookie, key } = await signIn(house, house.doors.local, `http://${house.doors.local.host}`)
  const answer = await house.doors.local.ask('PATCH /xopc/api/config', [cookie, key, json], {
    body: JSON.stringify({ 'gateway.maxSseConnections': 900 }),
  })
  expect(answer.status, answer.body).toBe(200)
  expect(fileOf(house)).toContain('900')
})
