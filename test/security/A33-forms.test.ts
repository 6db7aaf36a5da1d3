import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { controlRoutes } from '../../src/lib/gateway/control/routes/table.ts'
import { signIn } from './browsers.ts'
import { openHouse } from './doors.ts'

// What a foreign page can send without being asked first: forms and text/plain, with the cookie that the browser adds.

const house = await openHouse({ bare: true })
const { local } = house.doors
const withoutQuestions = openHouse({ bare: true, gateway: { auth: { mode: 'none' } } })
const config = join(house.gateway.stateDir, 'xopc.json')

const changing = controlRoutes.filter(({ method, path }) => method !== 'GET' && !/gateway\/(stop|restart|rotate-token)/.test(path))
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
