import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { controlRoutes } from '../../src/lib/gateway/control/routes/table.ts'
import { routes } from '../../src/lib/protocol/routes.ts'
import { signIn } from './browsers.ts'
import { openHouse } from './doors.ts'
import { keyLine, openLocalUi } from './local-ui.ts'

// What a foreign page can send without being asked first: forms and text/plain, with the cookie that the browser adds.

const house = await openHouse({ bare: true })
const { local } = house.doors
const withoutQuestions = openHouse({ bare: true, gateway: { auth: { mode: 'none' } } })
const config = join(house.gateway.stateDir, 'xopc.json')

// Every route that changes something, so that one which is added is tried without a word here. Those that end the gateway come last.
const ends = /gateway\/(stop|restart)/
const changing = controlRoutes
  .filter(({ method }) => method !== 'GET')
  .toSorted((a, b) => Number(ends.test(a.path)) - Number(ends.test(b.path)))
const bodies: [type: string | null, body: string][] = [
  ['text/plain', '{"gateway.maxSseConnections":7}'],
  ['text/plain;charset=UTF-8', '{}'],
  ['application/x-www-form-urlencoded', 'gateway.maxSseConnections=7'],
  ['multipart/form-data; boundary=x', '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'],
  [null, '{"gateway.maxSseConnections":7}'],
  ['application/json+evil', '{}'],
  ['text/json', '{}'],
]

it.each(changing.map(({ method, path }) => `${method} ${path}`))(
  '%s reads no form, not even with the owner’s credentials',
  async (route) => {
    const before = readFileSync(config, 'utf8')
    const { cookie, key } = await signIn(house, local, `http://${local.host}`)
    const [method, path = ''] = route.split(' ')
    for (const [type, body] of bodies) {
      const answer = await local.ask(
        `${method} /xopc${path.replace(':id', 'lan')}`,
        [cookie, key, `Origin: http://${local.host}`, ...(type === null ? [] : [`Content-Type: ${type}`])],
        { body },
      )
      expect([400, 415], `${type}: ${answer.status} ${answer.body}`).toContain(answer.status)
    }
    expect(readFileSync(config, 'utf8')).toBe(before)
  },
)

it.each(changing.map(({ method, path }) => `${method} ${path}`))('%s is refused to a foreign page before it is read', async (route) => {
  const { cookie } = await signIn(house, local, `http://${local.host}`)
  const [method, path = ''] = route.split(' ')
  for (const type of ['text/plain', 'application/json']) {
    const answer = await local.ask(
      `${method} /xopc${path.replace(':id', 'lan')}`,
      [cookie, 'Origin: https://evil.example', `Content-Type: ${type}`],
      {
        body: '{}',
      },
    )
    expect(answer, type).toMatchObject({ status: 403 })
  }
})

it.each(changing.map(({ method, path }) => `${method} ${path}`).filter((each) => each.startsWith('POST')))(
  '%s is refused to every shape in which a page can send it unasked',
  async (route) => {
    const { cookie } = await signIn(house, local, `http://${local.host}`)
    const nobodyAsked = await withoutQuestions
    const path = route.split(' ')[1]?.replace(':id', 'lan') ?? ''
    // A sandboxed frame or a data: page has no site; a page on another port of this computer shares cookies, for they know no ports.
    for (const origin of ['null', 'https://evil.example', 'http://127.0.0.1:3000', 'http://localhost:3000']) {
      for (const shape of [
        ['Sec-Fetch-Mode: navigate', 'Sec-Fetch-Site: cross-site', 'Content-Type: application/x-www-form-urlencoded'],
        ['Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Site: same-site', 'Content-Type: text/plain'],
        ['Sec-Fetch-Mode: no-cors'],
      ]) {
        for (const [door, lines] of [
          [local, [cookie]],
          [nobodyAsked.doors.local, []],
        ] as const) {
          const answer = await door.ask(`POST /xopc${path}`, [...lines, `Origin: ${origin}`, ...shape], { body: '' })
          expect(answer, `${origin} ${shape.join()}`).toMatchObject({ status: 403 })
        }
      }
    }
  },
)

it('the cookie alone changes nothing, whatever the page', async () => {
  const { cookie } = await signIn(house, local, `http://${local.host}`)
  for (const lines of [[], [`Origin: http://${local.host}`], ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate']]) {
    const answer = await local.ask('POST /xopc/api/access/lan/enable', [cookie, ...lines, 'Content-Type: application/json'], { body: '{}' })
    expect(answer.status, answer.body).toBe(403)
  }
})

it('knows every route of the program', () => {
  const all = new Set(controlRoutes.map(({ method, path }) => `${method} ${path}`))
  for (const { method, path } of Object.values(routes)) if (path !== '/health') expect(all).toContain(`${method} ${path}`)
  expect(changing.length).toBeGreaterThan(15)
})

describe('the server of xopc ui', async () => {
  const ui = await openLocalUi(house.gateway)
  const key = ui.enter().then(keyLine)
  const ask = async (route: string, lines: readonly string[], body = '{}') => {
    const [method, path = ''] = route.split(' ')
    return await ui.door.ask(`${method} /xopc${path.replace(':id', 'lan')}`, lines, { body })
  }

  it.each([...changing.map(({ method, path }) => `${method} ${path}`), 'POST /ui/session'])(
    '%s is refused to pages elsewhere',
    async (route) => {
      const before = readFileSync(config, 'utf8')
      const port = new URL(ui.origin).port
      const elsewhere = ['null', 'https://evil.example', `http://${local.host}`, `http://localhost:${port}`, `https://127.0.0.1:${port}`]
      for (const line of [null, ...elsewhere.map((origin) => `Origin: ${origin}`)]) {
        for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json']) {
          const answer = await ask(route, [...(line === null ? [] : [line]), await key, `Content-Type: ${type}`])
          expect(answer, `${line} ${type}`).toMatchObject({ status: 403, code: 'UI_FOREIGN_ORIGIN' })
        }
      }
      expect(readFileSync(config, 'utf8')).toBe(before)
    },
  )

  it.each(changing.map(({ method, path }) => `${method} ${path}`))(
    '%s takes no form of its own page, with its key or without',
    async (route) => {
      for (const [type, body] of bodies) {
        const lines = [`Origin: ${ui.origin}`, ...(type === null ? [] : [`Content-Type: ${type}`])]
        expect(await ask(route, lines, body), `${type}`).toMatchObject({ status: 401, code: 'UI_KEY_MISSING' })
        // The page of xopc ui has no session that could be ended.
        const refused = route === 'DELETE /api/session' ? [401] : [400, 415]
        expect(refused, `${type}`).toContain((await ask(route, [...lines, await key], body)).status)
      }
    },
  )

  it('takes its code from JSON of its own page alone, and a form does not use it up', async () => {
    const fresh = await openLocalUi(house.gateway)
    const json = JSON.stringify({ code: fresh.code })
    for (const [type, body] of [
      ['text/plain', json],
      ['application/x-www-form-urlencoded', `code=${fresh.code}`],
      ['application/x-www-form-urlencoded', json],
      ['multipart/form-data; boundary=x', `--x\r\nContent-Disposition: form-data; name="code"\r\n\r\n${fresh.code}\r\n--x--\r\n`],
    ] as const) {
      expect(await fresh.enter([`Origin: ${fresh.origin}`, `Content-Type: ${type}`], body), type).toMatchObject({ status: 401 })
    }
    for (const line of [null, 'Origin: null', 'Origin: https://evil.example']) {
      expect(await fresh.enter([...(line === null ? [] : [line]), 'Content-Type: application/json']), `${line}`).toMatchObject({
        status: 403,
      })
    }
    expect(keyLine(await fresh.enter())).toMatch(/xopc_uk_/)
  })
})
