import { expect, it } from 'vitest'
import { authModes, type DoorName, openHouse, seenByGateway } from './doors.ts'
import { LOGIN } from './claims.ts'

// With the tailnet address of that person in X-Forwarded-For even `tailscale whois` would agree that it is them.

const houses = {
  unlisted: await openHouse({ app: true }),
  listed: await openHouse({ app: true, gateway: { trustedProxies: ['127.0.0.1', '::1'] } }),
  password: await openHouse({ gateway: { auth: authModes.password, trustedProxies: ['127.0.0.1'] } }),
}
const claims = ['100.101.102.103', '100.64.0.1', '::ffff:100.101.102.103', 'fd7a:115c:a1e0::1', '203.0.113.9, 100.101.102.103'].map(
  (address) => [`Tailscale-User-Login: ${LOGIN}`, `X-Forwarded-For: ${address}`],
)
const cases = Object.keys(houses).flatMap((house) => (['local', 'proxy'] satisfies DoorName[]).map((door) => [house, door] as const))

it.each(cases)('%s, %s: still nobody', async (which, name) => {
  const house = houses[which as keyof typeof houses]
  const door = house.doors[name]
  for (const lines of claims) {
    const more = [...lines, 'X-Forwarded-Proto: https', 'X-Forwarded-Host: gateway.test']
    for (const sent of [lines, more]) {
      expect(await door.ask('GET /xopc/api/status', sent), sent.join()).toMatchObject({ status: 401, code: 'missing_token' })
      if (which !== 'password') expect(await door.ask('GET /headers', sent)).toMatchObject({ status: 401 })
      expect((await door.shake('/xopc/api/probe/ws', sent)).status).toBe(401)
      const signIn = await door.ask('POST /xopc/api/session', ['Content-Type: application/json', ...sent], { body: '{}' })
      expect([401, 403]).toContain(signIn.status)
      expect(signIn.headers).not.toHaveProperty('set-cookie')
    }
  }
})

it.each(['unlisted', 'listed'] as const)(
  '%s: the app hears of no such person, and the address counts for logs only where the proxy is listed',
  async (which) => {
    const house = houses[which]
    for (const lines of claims) {
      const { headers } = await house.seenByApp(house.doors.local, lines)
      expect(headers['x-xopc-user']).toBe('owner')
      expect(Object.values(headers).filter((value) => value.includes(LOGIN))).toEqual([])
      const { client } = await seenByGateway(house, house.doors.local, lines)
      expect(client === '127.0.0.1').toBe(which === 'unlisted')
      expect(headers['x-forwarded-for']).toBe(client)
    }
  },
)

it('the control socket is the owner’s, whatever is claimed there', async () => {
  const seen = await seenByGateway(houses.listed, houses.listed.doors.control, claims[0]!)
  expect(seen).toMatchObject({ ingress: 'control', client: 'control' })
})
