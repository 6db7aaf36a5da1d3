import { expect, it } from 'vitest'
import { authModes, guess, openHouse, seenByGateway } from './doors.ts'

// A trusted proxy that sets X-Forwarded-For passes on the client's own X-Real-IP; one that sets neither has no opinion.

const names = [
  'X-Real-IP',
  'x-real-ip',
  'X_Real_IP',
  'X-Client-IP',
  'X-Cluster-Client-IP',
  'True-Client-IP',
  'CF-Connecting-IP',
  'Fastly-Client-IP',
  'X-Original-Forwarded-For',
  'X-Forwarded',
  'Forwarded-For',
]
const houses = {
  listed: await openHouse({ app: true, gateway: { trustedProxies: ['127.0.0.1', '::1'] } }),
  unlisted: await openHouse({ app: true }),
}
const spoof = '203.0.113.9'

it.each(names)('%s says nothing of the client, to us or to the app', async (name) => {
  for (const house of Object.values(houses)) {
    for (const [door, self] of [
      [house.doors.local, '127.0.0.1'],
      [house.doors.proxy, 'proxy'],
    ] as const) {
      for (const value of [spoof, '127.0.0.1', '']) {
        expect(await seenByGateway(house, door, [`${name}: ${value}`])).toMatchObject({ client: self })
      }
      const { headers } = await house.seenByApp(door, [`${name}: ${spoof}`])
      expect(Object.entries(headers).filter(([, value]) => value.includes(spoof))).toEqual([])
    }
  }
  const { listed } = houses
  const both = [`${name}: ${spoof}`, 'X-Forwarded-For: 198.51.100.7']
  expect(await seenByGateway(listed, listed.doors.local, both)).toMatchObject({ client: '198.51.100.7' })
  expect(await seenByGateway(listed, listed.doors.local, both.toReversed())).toMatchObject({ client: '198.51.100.7' })
})

it.each([
  ['listed', ['127.0.0.1']],
  ['unlisted', []],
])('%s: who guesses is blocked however they change it', async (_, trustedProxies) => {
  const { doors } = await openHouse({ gateway: { auth: authModes.password, trustedProxies } })
  expect(await guess(doors.local, 6, (n) => names.map((name) => `${name}: 198.51.100.${n}`))).toEqual([401, 401, 401, 401, 401, 429])
  expect(await guess(doors.proxy, 6, (n) => names.map((name) => `${name}: 198.51.100.${n}`))).toEqual([401, 401, 401, 401, 401, 429])
})
