import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openHouse } from './doors.ts'

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
