import { beforeAll, describe, expect, it } from 'vitest'
import { tunnelPeers } from '../e2e/tunnel/house.ts'
import { needsPeer } from '../support/peers.ts'
import { identityClaims, LOGIN } from './claims.ts'
import { type Door, seenByApp } from './doors.ts'
import { JSON_LINE, openTunnelHouse, type TunnelHouse } from './tunnels.ts'

// The door of the tunnel is a unix socket, as Tailscale's is where its word counts. Here nobody's word counts: frp passes on what visitors write.

/** What other programs in front of apps write of who somebody is. */
const others: readonly (readonly string[])[] = [
  [`Remote-User: ${LOGIN}`, `Remote-Email: ${LOGIN}`, 'Remote-Groups: admins'],
  [`X-Forwarded-User: ${LOGIN}`, `X-Forwarded-Email: ${LOGIN}`, `X-Forwarded-Preferred-Username: ${LOGIN}`],
  [`X-Auth-Request-User: ${LOGIN}`, `X-Auth-Request-Email: ${LOGIN}`],
  [`Cf-Access-Authenticated-User-Email: ${LOGIN}`, 'Cf-Access-Jwt-Assertion: eyJhbGciOiJub25lIn0.eyJzdWIiOiJvd25lciJ9.'],
  [`X-Webauth-User: ${LOGIN}`, `X_Webauth_User: ${LOGIN}`],
  [`X-Xopc-User: owner`, `X_Xopc_User: owner`, 'X-Xopc-Ingress: control'],
]
/** What would make Tailscale's word complete: the address that belongs to it. */
const addresses = [[], ['X-Forwarded-For: 100.101.102.103'], ['X-Forwarded-For: 127.0.0.1', 'X-Forwarded-Host: localhost']]
const claims = [...identityClaims, ...others]

needsPeer(tunnelPeers, 'who a visitor of the tunnel claims to be', (frps, frpc) => {
  let house: TunnelHouse
  const doors: Record<string, Door> = {}
  beforeAll(async () => {
    house = await openTunnelHouse({ programs: [frps, frpc], app: true, gateway: { auth: { allowTailscale: true } } })
    doors['through frps'] = house.from('100.101.102.103')
    doors['from a broker that lets everything pass'] = house.socket
  }, 60_000)

  describe.each(['through frps', 'from a broker that lets everything pass'])('%s', (way) => {
    it.each(claims.map((lines) => [lines]))('%j lets nobody in', async (lines) => {
      const door = doors[way]!
      for (const more of addresses) {
        const sent = [...lines, ...more]
        expect(await door.ask('GET /xopc/api/status', sent), sent.join()).toMatchObject({ status: 401, code: 'missing_token' })
        expect(await door.ask('GET /headers', sent)).toMatchObject({ status: 401 })
        expect((await door.shake('/ws', sent)).status).toBe(401)
        for (const origin of [house.url, 'https://node-a.tail.ts.net']) {
          const signIn = await door.ask('POST /xopc/api/session', [`Origin: ${origin}`, JSON_LINE, ...sent], { body: '{}' })
          expect([401, 403, 409], signIn.body).toContain(signIn.status)
          expect(signIn.headers).not.toHaveProperty('set-cookie')
        }
      }
    })

    it.each(claims.map((lines) => [lines]))('%j does not reach the app beside a good credential', async (lines) => {
      const { headers } = await seenByApp(doors[way]!, [house.bearer, ...lines])
      expect(headers['x-xopc-user']).toBe('owner')
      expect(
        Object.entries(headers).filter(
          ([name, value]) => name.startsWith('tailscale') || name.startsWith('cf-access') || value.includes(LOGIN),
        ),
      ).toEqual([])
    })
  })
})
