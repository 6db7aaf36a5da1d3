import { beforeAll, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { authModes, type Door, type DoorName, openHouse, seenByGateway } from './doors.ts'
import { LOGIN } from './claims.ts'
import { nginxForwardingHost, proxyPeers, startCaddy, startNginx } from './proxies.ts'

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

needsPeer(proxyPeers, 'through real proxies that believe the address', (nginx, caddy, caddyNew) => {
  // Caddy hands a client’s own X-Forwarded-For on only where it trusts that client.
  const believing = ['trusted_proxies private_ranges']
  const doors: Record<string, Door> = {}
  beforeAll(async () => {
    for (const which of ['unlisted', 'listed'] as const) {
      const { port } = houses[which].gateway
      doors[`nginx, ${which}`] = await startNginx(nginx, port, nginxForwardingHost)
      doors[`Caddy 2.6, ${which}`] = await startCaddy(caddy, port, believing)
      doors[`Caddy 2.11, ${which}`] = await startCaddy(caddyNew, port, believing)
    }
  })

  it.each(['nginx', 'Caddy 2.6', 'Caddy 2.11'].flatMap((name) => [[name, 'unlisted'] as const, [name, 'listed'] as const]))(
    '%s, %s: still nobody',
    async (name, which) => {
      const door = doors[`${name}, ${which}`]!
      const named = { host: houses[which].doors.local.host }
      for (const lines of claims) {
        expect(await door.ask('GET /xopc/api/status', lines, named), lines.join()).toMatchObject({ status: 401, code: 'missing_token' })
        expect(await door.ask('GET /headers', lines, named)).toMatchObject({ status: 401 })
        const { headers } = await houses[which].seenByApp(door, lines, named)
        expect(headers['x-xopc-user']).toBe('owner')
        expect(Object.values(headers).filter((value) => value.includes(LOGIN))).toEqual([])
        const { client } = await seenByGateway(houses[which], door, lines, named.host)
        expect(client === '127.0.0.1', String(client)).toBe(which === 'unlisted')
      }
    },
  )
})
