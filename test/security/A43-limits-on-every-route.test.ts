import { expect, it } from 'vitest'
import { type Door, openHouse, PASSWORD } from './doors.ts'

// One route without the limiter is where all the guessing goes.

const auth = { mode: 'password', password: PASSWORD, rateLimit: { maxAttempts: 3 } }
const json = 'Content-Type: application/json'

/** Ways to hand in a wrong credential, as many as there are. */
const ways: [string, (door: Door, n: number) => ReturnType<Door['ask']>][] = [
  ['Bearer on the API', (door, n) => door.ask('GET /xopc/api/status', [`Authorization: Bearer wrong-${n}-password`])],
  ['X-Xopc-Token', (door, n) => door.ask('GET /xopc/api/overview', [`X-Xopc-Token: wrong-${n}-password`])],
  ['X-Api-Key', (door, n) => door.ask('GET /xopc/api/config', [`X-Api-Key: wrong-${n}-password`])],
  ['Bearer on a path that does not exist', (door, n) => door.ask('GET /xopc/api/nowhere', [`Authorization: Bearer wrong-${n}-password`])],
  ['Bearer on a public route', (door, n) => door.ask('GET /xopc/api/tunnel/pair/ping', [`Authorization: Bearer wrong-${n}-password`])],
  ['Bearer on the page', (door, n) => door.ask('GET /xopc/', [`Authorization: Bearer wrong-${n}-password`])],
  ['Bearer of a WebSocket', (door, n) => door.shake('/xopc/api/probe/ws', [`Authorization: Bearer wrong-${n}-password`])],
  ['sign-in', (door, n) => door.ask('POST /xopc/api/session', [json], { body: JSON.stringify({ password: `wrong-${n}-password` }) })],
  [
    'sign-in with more fields',
    (door, n) => door.ask('POST /xopc/api/session', [json], { body: JSON.stringify({ password: `w-${n}`, scopes: ['admin'] }) }),
  ],
  [
    'sign-in with both',
    (door, n) => door.ask('POST /xopc/api/session', [json], { body: JSON.stringify({ password: `w-${n}`, token: 'x' }) }),
  ],
  ['sign-in with what is no JSON', (door) => door.ask('POST /xopc/api/session', [json], { body: '{"password":' })],
  ['sign-in with a list', (door) => door.ask('POST /xopc/api/session', [json], { body: '["password"]' })],
  ['sign-in with a number', (door) => door.ask('POST /xopc/api/session', [json], { body: '{"password":1234567890123}' })],
]

it.each(ways)('%s is counted', async (_, attempt) => {
  const house = await openHouse({ bare: true, gateway: { auth } })
  const { local } = house.doors
  const first = []
  for (let n = 0; n < 3; n++) first.push((await attempt(local, n)).status)
  expect(
    first.every((status) => status === 400 || status === 401),
    String(first),
  ).toBe(true)
  const blocked = await local.ask('GET /xopc/api/status', [`Authorization: Bearer ${PASSWORD}`])
  expect(blocked).toMatchObject({ status: 429, code: 'auth_blocked' })
  expect(Number(blocked.headers['retry-after'])).toBeGreaterThan(0)
  expect((await house.gateway.xopc(['status', '--json'])).code, 'control is never limited').toBe(0)
})

it.each(ways.slice(0, 1))('%s to the app is counted', async () => {
  const house = await openHouse({ bare: true, app: true, gateway: { auth } })
  const { local } = house.doors
  for (let n = 0; n < 3; n++) expect((await local.ask('GET /headers', [`Authorization: Bearer wrong-${n}`])).status).toBe(401)
  expect(await local.ask('GET /headers', [`Authorization: Bearer ${PASSWORD}`])).toMatchObject({ status: 429 })
})

it('a header’s credential is judged before the body is read', async () => {
  const house = await openHouse({ bare: true, app: true, gateway: { auth } })
  // The announced body never comes; the answer does.
  const answer = await house.doors.local.ask('POST /upload', ['Authorization: Bearer wrong-password-0', 'Content-Length: 1000000'])
  expect(answer).toMatchObject({ status: 401, code: 'invalid_token' })
  expect(
    await house.doors.local.ask('POST /xopc/api/access/lan/enable', ['Authorization: Bearer wrong-1', json, 'Content-Length: 1000000']),
  ).toMatchObject({
    status: 401,
  })
})

it('a source is who it is, whatever it says of itself and by whichever door', async () => {
  const house = await openHouse({ gateway: { auth } })
  const { local, proxy, control } = house.doors
  const guess = (door: Door, from: string) =>
    door.ask('GET /xopc/api/status', ['Authorization: Bearer wrong-wrong', `X-Forwarded-For: ${from}`])
  const right = (door: Door, from: string) =>
    door.ask('GET /xopc/api/status', [`Authorization: Bearer ${PASSWORD}`, `X-Forwarded-For: ${from}`])
  // The proxy adds the last address; what stands left of it is the client's own word. A whole /64 is one subscriber's.
  for (let n = 0; n < 3; n++) expect((await guess(proxy, `198.51.100.${n}, 203.0.113.9`)).status).toBe(401)
  expect((await right(proxy, '198.51.100.77, 203.0.113.9')).status).toBe(429)
  expect((await right(proxy, '::ffff:203.0.113.9')).status).toBe(429)
  expect((await right(proxy, '203.0.113.10')).status).toBe(200)
  for (let n = 0; n < 3; n++) await guess(proxy, `2001:db8:1:2::${n}`)
  expect((await right(proxy, '2001:db8:1:2:ffff::1')).status).toBe(429)
  expect((await right(proxy, '2001:db8:1:3::1')).status).toBe(200)
  for (let n = 0; n < 3; n++) expect((await guess(local, `198.51.100.${n}`)).status).toBe(401)
  expect((await right(local, '198.51.100.88')).status).toBe(429)
  for (let n = 0; n < 5; n++) expect((await guess(control, '203.0.113.9')).status).toBe(200)
})

it('many guesses at once are as few as one after another', async () => {
  const house = await openHouse({ bare: true, gateway: { auth } })
  const { local } = house.doors
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, n) => local.ask('GET /xopc/api/status', [`Authorization: Bearer wrong-${n}`])),
  )
  expect(answers.filter(({ status }) => status === 401).length).toBe(3)
  expect(answers.filter(({ status }) => status === 429).length).toBe(37)
})

it('a missing credential is no failure', async () => {
  const house = await openHouse({ bare: true, gateway: { auth } })
  for (let n = 0; n < 10; n++) expect((await house.doors.local.ask('GET /xopc/api/status')).status).toBe(401)
  expect((await house.doors.local.ask('GET /xopc/api/status', [`Authorization: Bearer ${PASSWORD}`])).status).toBe(200)
})
