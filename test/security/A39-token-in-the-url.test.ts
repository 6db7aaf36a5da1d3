import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { controlRoutes } from '../../src/lib/gateway/control/routes/table.ts'
import { needsPeer } from '../support/peers.ts'
import { signIn } from './browsers.ts'
import { type House, openHouse } from './doors.ts'
import { keyLine, openLocalUi } from './local-ui.ts'
import { join as joinAsPhone, mint } from './pairing.ts'

// What stands in a URL stands in histories, Referer headers and the logs of everything on the way.

const house = await openHouse({})
const withApp = await openHouse({ app: true })

const logs = (stateDir: string) => ['gateway.log', 'audit.log'].map((name) => readFileSync(join(stateDir, 'logs', name), 'utf8')).join('\n')

it.each(['token', 'access_token', 'auth', 'key', 'api_key', 'ticket', 'password', 'Authorization', 'X-Xopc-Token'])(
  'a token as ?%s= opens nothing and is written nowhere',
  async (name) => {
    for (const each of [house, withApp]) {
      const { token, stateDir } = each.gateway
      for (const path of ['/xopc/api/status', '/xopc/api/events', '/', '/data']) {
        const answer = await each.doors.local.ask(`GET ${path}?${name}=${token}`, ['Accept: application/json'])
        expect([401, 404, 200], path).toContain(answer.status)
        if (answer.status === 200) expect(answer.headers['content-type']).toContain('text/html')
        expect(answer.body).not.toContain(token)
        expect(JSON.stringify(answer.headers)).not.toContain(token)
      }
      expect((await each.doors.local.shake(`/xopc/api/probe/ws?${name}=${token}`)).status).toBe(401)
      expect(logs(stateDir)).not.toContain(token)
    }
  },
)

it('a ticket opens one request of its kind, and is cut from the URL before log and app', async () => {
  const { doors, bearer, gateway } = withApp
  const issue = async (use: string) => {
    const answer = await doors.local.ask('POST /xopc/api/ticket', [bearer, 'Content-Type: application/json'], {
      body: JSON.stringify({ for: use }),
    })
    // `as`: what POST /api/ticket answers.
    return (JSON.parse(answer.body) as { ticket: string }).ticket
  }
  const ticket = await issue('events')
  expect((await doors.local.ask(`GET /xopc/api/status?ticket=${ticket}`)).status).toBe(200)
  expect((await doors.local.ask(`GET /xopc/api/status?ticket=${ticket}`)).status).toBe(401)
  const forApp = await issue('events')
  const seen = await doors.local.ask(`GET /headers?a=1&ticket=${forApp}&b=2`)
  expect(seen.status, seen.body).toBe(200)
  expect(seen.body).not.toContain(forApp)
  expect(seen.body).toContain('/headers?a=1&b=2')
  const wrongUse = await issue('ws')
  expect((await doors.local.ask(`GET /xopc/api/status?ticket=${wrongUse}`)).status).toBe(401)
  expect(logs(gateway.stateDir)).not.toMatch(/xopc_tk_[A-Za-z0-9_-]{8}/)
  // Nothing is changed by what stands in a URL, least of all is the next ticket made.
  for (const route of ['POST /xopc/api/ticket', 'POST /echo', 'PUT /echo', 'DELETE /echo', 'OPTIONS /echo']) {
    for (const use of ['events', 'ws', 'probe']) {
      const answer = await doors.local.ask(`${route}?ticket=${await issue(use)}`, ['Content-Type: application/json'], { body: '{}' })
      expect(answer.status, `${route} ${use}: ${answer.body}`).toBe(401)
    }
  }
})

it('no page of ours puts one there, and the sign-in form cannot send one by GET', async () => {
  const page = await house.doors.local.ask('GET /', ['Accept: text/html'])
  const script = /src="(\/xopc\/assets\/[^"]+)"/.exec(page.body)?.[1]
  expect((await house.doors.local.ask(`GET ${script}`)).body).toMatch(/method:["'`]post["'`],action:/)
  expect(page.headers['referrer-policy']).toBe('no-referrer')
  expect((await house.doors.local.ask(`GET /?token=${house.gateway.token}`, ['Accept: text/html'])).body).not.toContain(house.gateway.token)
})

const closed = controlRoutes
  .filter(({ scope }) => scope !== 'none')
  .map(({ method, path }) => `${method} /xopc${path.replace(':id', 'lan')}`)
const open = controlRoutes.filter(({ scope }) => scope === 'none').map(({ method, path }) => `${method} /xopc${path}`)

needsPeer('netns', 'a credential in the URL', (ip) => {
  let there: House
  let secrets: Record<string, string>
  beforeAll(async () => {
    there = await openHouse({ ip })
    const { key, cookie } = await signIn(there, there.doors.local, `http://${there.doors.local.host}`)
    const code = await mint(there)
    secrets = {
      'the owner’s token': there.gateway.token,
      'a device’s token': (await joinAsPhone(there)).token,
      'a session key': key.replace(/.*: /, ''),
      'a session cookie': cookie.replace(/.*=/, ''),
      'a pairing secret': code.secret,
      'a browser’s pairing secret': code.browserSecret ?? '',
    }
  })

  it.each(['local', 'lan', 'proxy'] as const)('opens no route at the door %s, and is written nowhere', async (name) => {
    const door = there.doors[name]
    for (const [what, secret] of Object.entries(secrets)) {
      for (const key of ['token', 'ticket', 'access_token', 'ps']) {
        for (const route of closed) {
          const answer = await door.ask(`${route}?${key}=${secret}`, ['Content-Type: application/json'])
          expect(answer.status, `${what}: ${route} ${answer.body}`).toBe(401)
          expect(answer.body + JSON.stringify(answer.headers)).not.toContain(secret)
        }
        for (const route of [...open, 'GET /xopc/pair', 'GET /xopc/']) {
          const answer = await door.ask(`${route}?${key}=${secret}`, ['Content-Type: application/json'])
          expect(answer.body + JSON.stringify(answer.headers), `${what}: ${route}`).not.toContain(secret)
          expect(answer.headers['referrer-policy'], route).toBe('no-referrer')
        }
      }
      expect(logs(there.gateway.stateDir), what).not.toContain(secret)
    }
    // A pairing secret in the query was no exchange.
    const devices = await door.ask('GET /xopc/api/devices', [there.bearer])
    expect(JSON.parse(devices.body)).toHaveLength(1)
  })

  it('opens nothing at the server of xopc ui', async () => {
    const ui = await openLocalUi(there.gateway)
    const used = await openLocalUi(there.gateway)
    const key = keyLine(await used.enter()).replace(/.*: /, '')
    for (const name of ['key', 'token', 'x-xopc-token', 'code', 'ticket']) {
      for (const secret of [key, ui.code, there.gateway.token]) {
        for (const route of closed) {
          const answer = await used.door.ask(`${route}?${name}=${secret}`, [`Origin: ${used.origin}`, 'Content-Type: application/json'])
          // Numbers for programs are not passed on at all.
          expect(['UI_KEY_MISSING', 'UI_NOT_FOUND'], `${route} ${name}`).toContain(answer.code)
        }
        const lines = [`Origin: ${ui.origin}`, 'Content-Type: application/json']
        const asked = await ui.door.ask(`POST /xopc/ui/session?${name}=${secret}`, lines, { body: '{}' })
        expect(asked).toMatchObject({ status: 401, code: 'UI_LINK_INVALID' })
      }
    }
    expect(logs(there.gateway.stateDir)).not.toContain(key)
    expect(logs(there.gateway.stateDir)).not.toContain(ui.code)
  })
})
