import { expect, it } from 'vitest'
import { signIn } from './browsers.ts'
import { authModes, openHouse, PASSWORD, PROXY_SECRET, proxied } from './doors.ts'

// Two credentials in one request: the bad one must not be taken for good because of the good one, nor lend it anything.

const house = await openHouse({})
const withApp = await openHouse({ app: true })
const chosen = await openHouse({ bare: true, gateway: { auth: authModes.password } })
const wrong = 'f'.repeat(48)

it('a wrong Bearer beside a good cookie grants what the cookie grants, and no more', async () => {
  const { local } = house.doors
  const { cookie } = await signIn(house, local, `http://${local.host}`)
  for (const bad of [
    `Authorization: Bearer ${wrong}`,
    `X-Xopc-Token: ${wrong}`,
    `X-Api-Key: ${wrong}`,
    'X-Xopc-Token: xopc_sk_forged',
    'Authorization: Bearer xopc_dt_forged',
  ]) {
    expect((await local.ask('GET /xopc/api/status', [cookie, bad])).status, bad).toBe(200)
    for (const route of ['GET /xopc/api/config', 'GET /xopc/api/audit', 'GET /metrics'].map((each) =>
      each.replace('/metrics', '/xopc/metrics'),
    )) {
      expect((await local.ask(route, [cookie, bad])).status, `${bad} ${route}`).not.toBe(200)
    }
  }
})

it('a dead or foreign cookie beside a good Bearer takes nothing from it', async () => {
  for (const cookie of ['Cookie: xopc_session=forged', 'Cookie: xopc_session=', 'Cookie: __Host-xopc_session=forged']) {
    expect((await house.doors.local.ask('GET /xopc/api/config', [house.bearer, cookie])).status).toBe(200)
    const alone = await house.doors.local.ask('GET /xopc/api/config', [cookie])
    expect(alone.status).toBe(401)
  }
})

it('a session key counts only with its own cookie', async () => {
  const { local } = house.doors
  const first = await signIn(house, local, `http://${local.host}`)
  const second = await signIn(house, local, `http://${local.host}`)
  expect((await local.ask('GET /xopc/api/config', [first.cookie, first.key])).status).toBe(200)
  expect((await local.ask('GET /xopc/api/config', [first.cookie, second.key])).status).toBe(403)
  expect((await local.ask('GET /xopc/api/config', [first.key])).status).toBe(401)
})

it('a wrong Bearer alone is 401 invalid_token, and counted until the source is blocked', async () => {
  const each = await openHouse({ bare: true })
  const answers = []
  for (let n = 0; n < 7; n++)
    answers.push(await each.doors.local.ask('GET /xopc/api/status', [`Authorization: Bearer guess-number-${n}-xxxxxxxx`]))
  expect(answers.slice(0, 5).map(({ status, code }) => `${status} ${code}`)).toEqual(Array(5).fill('401 invalid_token'))
  expect(answers.slice(5).map(({ status, code }) => `${status} ${code}`)).toEqual(Array(2).fill('429 auth_blocked'))
  // What cannot be guessed is still compared, and a missing credential is no guess.
  expect((await each.doors.local.ask('GET /xopc/api/status', [each.bearer])).status).toBe(200)
  expect(await each.doors.local.ask('GET /xopc/api/status')).toMatchObject({ status: 401, code: 'missing_token' })
})

it('guesses beside a good cookie are counted where they could be a password', async () => {
  const { local } = chosen.doors
  const good = await local.ask('GET /xopc/api/status', [`Authorization: Bearer ${PASSWORD}`])
  expect(good.status).toBe(200)
  for (let n = 0; n < 6; n++) {
    const answer = await local.ask('GET /xopc/api/config', [`X-Xopc-Token: wrong-password-${n}`, `X-Api-Key: other-wrong-password-${n}`])
    expect([401, 429]).toContain(answer.status)
  }
  expect(await local.ask('GET /xopc/api/status', [`Authorization: Bearer ${PASSWORD}`])).toMatchObject({
    status: 429,
    code: 'auth_blocked',
  })
})

it('a Bearer of the app’s own travels on only beside a good credential, and ours never does', async () => {
  const { token } = withApp.gateway
  const ours = `X-Xopc-Token: ${token}`
  const sees = (bearer: string) => withApp.seenByApp(withApp.doors.local, [ours], { bearer: `Authorization: Bearer ${bearer}` })
  expect((await sees('token-of-the-app')).headers['authorization']).toBe('Bearer token-of-the-app')
  for (const secret of [token, 'xopc_dt_something', 'xopc_sk_something']) {
    expect((await sees(secret)).headers['authorization'], secret).toBeUndefined()
  }
  expect((await withApp.doors.local.ask('GET /headers', ['Authorization: Bearer token-of-the-app'])).status).toBe(401)
})

it('a wrong credential beside a user whom a proxy names grants what the user has, and no more', async () => {
  const bySso = await openHouse({ bare: true, app: true, gateway: proxied })
  const { local } = bySso.doors
  const user = ['X-Forwarded-User: anna', `X-Xopc-Proxy-Secret: ${PROXY_SECRET}`]
  // The token in the file opens nothing in this mode, and neither does the proxy's secret as a credential of a person.
  for (const secret of [wrong, bySso.gateway.token, PROXY_SECRET, 'xopc_dt_forged', 'xopc_sk_forged']) {
    for (const bad of [`Authorization: Bearer ${secret}`, `X-Xopc-Token: ${secret}`, `X-Api-Key: ${secret}`]) {
      expect((await local.ask('GET /xopc/api/status', [...user, bad])).status, bad).toBe(200)
      expect(await local.ask('GET /xopc/api/config', [...user, bad]), bad).toMatchObject({ status: 403, code: 'SCOPE_MISSING' })
      expect([401, 429], bad).toContain((await local.ask('GET /xopc/api/status', [bad])).status)
    }
    const { headers } = await bySso.seenByApp(local, user, { bearer: `Authorization: Bearer ${secret}` })
    expect([headers['x-xopc-user'], headers['authorization']]).toEqual(['sso:anna', secret === wrong ? `Bearer ${wrong}` : undefined])
  }
  expect((await local.ask('GET /xopc/api/status', [...user, 'Cookie: xopc_session=forged'])).status).toBe(200)
})
