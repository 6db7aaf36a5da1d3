import { expect, it } from 'vitest'
import { signIn } from './browsers.ts'
import { openHouse } from './doors.ts'

// "The Origin equals the Host, so the page is ours" holds for every site that leads here: whoever rebinds or forwards a name has it.

const house = await openHouse({})
const withApp = await openHouse({ app: true })
const evil = 'evil.example'
const same = [`Origin: http://${evil}`]

it('permits nothing on our routes', async () => {
  for (const each of [house, withApp]) {
    for (const name of ['local', 'proxy'] as const) {
      const door = each.doors[name]
      const refused = { status: 403, code: 'FOREIGN_ORIGIN' }
      expect(await door.ask('GET /xopc/api/status', [...same, each.bearer], { host: evil })).toMatchObject(refused)
      const change = await door.ask('PATCH /xopc/api/config', [...same, each.bearer, 'Content-Type: application/json'], {
        host: evil,
        body: '{}',
      })
      expect(change).toMatchObject(refused)
      expect(await door.shake('/xopc/api/probe/ws', [...same, each.bearer], { host: evil })).toMatchObject(refused)
    }
  }
})

it('permits no WebSocket to the app', async () => {
  expect(await withApp.doors.local.shake('/ws', [...same, withApp.bearer], { host: evil })).toMatchObject({
    status: 403,
    code: 'FOREIGN_ORIGIN',
  })
})

it('does not make another host’s cookie count', async () => {
  const { local } = house.doors
  const { cookie, key } = await signIn(house, local, `http://${local.host}`)
  for (const lines of [
    [...same, cookie],
    [...same, cookie, key],
  ]) {
    expect((await local.ask('GET /xopc/api/status', lines, { host: evil })).status).toBe(403)
  }
})

it('counts at sign-in alone, where the authorities must be equal', async () => {
  const { local } = house.doors
  const body = JSON.stringify({ token: house.gateway.token })
  const at = (origin: string, host: string) =>
    local.ask('POST /xopc/api/session', [`Origin: ${origin}`, 'Content-Type: application/json'], { host, body })
  expect((await at('http://console.example', 'console.example')).status).toBe(200)
  for (const [origin, host] of [
    ['http://console.example', 'other.example'],
    ['http://console.example:81', 'console.example'],
    ['http://console.example', 'console.example:81'],
    ['http://console.example.evil.example', 'console.example'],
  ] as const) {
    expect(await at(origin, host), `${origin} at ${host}`).toMatchObject({ status: 403, code: 'ORIGIN_NOT_HOST' })
  }
})
