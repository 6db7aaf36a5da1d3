import { expect, it } from 'vitest'
import { openHouse, PUBLIC_HOST } from './doors.ts'

// Pages that have no site of their own: sandboxed frames and data: URLs (null), files, extensions, apps with schemes of their own.

const origins = [
  'null',
  'NULL',
  'file://',
  'file:///',
  'file://localhost',
  'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
  'moz-extension://8c1e2f4a-0000-4000-8000-000000000000',
  'safari-web-extension://A',
  'capacitor://localhost',
  'app://localhost',
  'data:',
  'about:blank',
  'javascript:alert(1)',
  'http://',
  'http',
  '*',
]

const listed = 'https://app.example.com'
const plain = await openHouse({ gateway: { corsOrigins: [listed] } })
const withApp = await openHouse({ app: true })

it.each(origins)('%s is refused on our routes, whatever the credential', async (origin) => {
  for (const house of [plain, withApp]) {
    for (const name of ['local', 'proxy'] as const) {
      const door = house.doors[name]
      const sent = [`Origin: ${origin}`]
      const refused = { status: 403, code: 'FOREIGN_ORIGIN' }
      expect(await door.ask('GET /xopc/api/status', sent), name).toMatchObject(refused)
      expect(await door.ask('GET /xopc/api/status', [...sent, house.bearer]), name).toMatchObject(refused)
      const patch = await door.ask('PATCH /xopc/api/config', [...sent, house.bearer, 'Content-Type: application/json'], { body: '{}' })
      expect(patch, name).toMatchObject(refused)
      expect(await door.shake('/xopc/api/probe/ws', [...sent, house.bearer]), name).toMatchObject(refused)
    }
  }
})

it.each(origins)('%s gets no session, for its authority is nobody’s Host', async (origin) => {
  const body = JSON.stringify({ token: plain.gateway.token })
  for (const name of ['local', 'proxy'] as const) {
    const answer = await plain.doors[name].ask('POST /xopc/api/session', [`Origin: ${origin}`, 'Content-Type: application/json'], { body })
    expect(answer.status, answer.body).toBe(403)
    expect(answer.headers['set-cookie']).toBeUndefined()
  }
})

it.each(['/xopc/api/session', '/xopc/api/%73ession', '/api/sessio%6E', '/api/session#x', '/xopc/api/session?x#y'])(
  'POST %s: an origin of ours gets no session where it is not Host',
  async (path) => {
    const { local } = plain.doors
    const body = JSON.stringify({ token: plain.gateway.token })
    const signIn = (origin: string) => local.ask(`POST ${path}`, [`Origin: ${origin}`, 'Content-Type: application/json'], { body })
    for (const origin of [`https://${PUBLIC_HOST}`, listed]) {
      const answer = await signIn(origin)
      expect(answer, answer.body).toMatchObject({ status: 403, code: 'ORIGIN_NOT_HOST' })
      expect(answer.headers).not.toHaveProperty('set-cookie')
    }
    expect(await local.ask('GET /xopc/api/status', [], { host: 'app.example.com' })).toMatchObject({ status: 421 })
    expect(await signIn(`http://${local.host}`)).toMatchObject({ status: 200 })
  },
)

it.each(origins)('%s opens no WebSocket to the app, and reads nothing of ours', async (origin) => {
  for (const name of ['local', 'proxy'] as const) {
    const door = withApp.doors[name]
    expect(await door.shake('/ws', [`Origin: ${origin}`, withApp.bearer]), name).toMatchObject({ status: 403, code: 'FOREIGN_ORIGIN' })
    const preflight = await door.ask('OPTIONS /xopc/api/status', [`Origin: ${origin}`, 'Access-Control-Request-Method: GET'])
    expect(preflight.headers['access-control-allow-origin'], name).toBeUndefined()
  }
})

it('takes a page of its own, so that the refusals above mean something', async () => {
  const { local } = plain.doors
  expect(await local.ask('GET /xopc/api/status', [`Origin: http://${local.host}`, plain.bearer])).toMatchObject({ status: 200 })
  expect(await withApp.doors.local.shake('/ws', [`Origin: http://${withApp.doors.local.host}`, withApp.bearer])).toMatchObject({
    status: 101,
  })
})
