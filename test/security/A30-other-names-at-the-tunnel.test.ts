import { beforeAll, describe, expect, it } from 'vitest'
import { tunnelPeers } from '../e2e/tunnel/house.ts'
import { needsPeer } from '../support/peers.ts'
import { signIn } from './browsers.ts'
import type { Door } from './doors.ts'
import { challenge, openTunnelHouse, type TunnelHouse } from './tunnels.ts'

// frp finds the way by Host, and passes it on as it was written. At the door of the tunnel the gateway goes by the name of the lease, and by no other
// that it has elsewhere.

needsPeer(tunnelPeers, 'a name that is not the lease’s, at the tunnel', (frps, frpc) => {
  let house: TunnelHouse
  const doors: Record<string, Door> = {}
  beforeAll(async () => {
    house = await openTunnelHouse({ programs: [frps, frpc], gateway: { publicUrl: 'https://gateway.test' } })
    doors['through frps'] = house.visitor
    doors['from a broker that lets everything pass'] = house.socket
  }, 60_000)

  const names = (): string[] => {
    const { hostname, port } = new URL(house.url)
    const [name = ''] = hostname.split('.')
    return [
      'evil.example',
      'gateway.test',
      'gateway.test:443',
      'localhost',
      `localhost:${port}`,
      house.local.host,
      `127.0.0.1:${port}`,
      `[::1]:${port}`,
      `other.localhost:${port}`,
      `${name}.localhost`,
      `${name}.localhost:80`,
      `${name}.localhost:443`,
      `${name}.localhost.evil.example:${port}`,
      `${name}.${name}.localhost:${port}`,
      `x${name}.localhost:${port}`,
      `${name}:${port}`,
      // No host at all.
      `${name}.localhost.:${port}`,
      `${name}.localhost:${port}:${port}`,
      `user@${name}.localhost:${port}`,
      `${name}.localhost:${port}/`,
      `${name}.localhost :${port}`,
      `${name}%2elocalhost:${port}`,
      '',
    ]
  }

  describe.each(['through frps', 'from a broker that lets everything pass'])('%s', (way) => {
    it('learns no more than that a gateway is here, and changes nothing', async () => {
      for (const host of names()) {
        for (const path of ['status', 'overview', 'config', 'events', 'logs', 'probe/request', 'devices', 'openapi.json']) {
          const answer = await doors[way]!.ask(`GET /xopc/api/${path}`, [], { host })
          expect([400, 404, 421], `${host} ${path} ${answer.body}`).toContain(answer.status)
          expect(answer.body).not.toMatch(/gatewayId|methods/)
        }
        const answer = await doors[way]!.ask('POST /xopc/api/tunnel/stop', ['Content-Type: application/json', `Origin: http://${host}`], {
          host,
          body: '{}',
        })
        expect([400, 403, 404, 421], `${host} ${answer.body}`).toContain(answer.status)
      }
    })

    it('is signed for nothing, be it asked for in the name of the lease or in its own', async () => {
      for (const host of names()) {
        const own = URL.canParse(`http://${host}`) ? [`http://${host}`, `https://${host}`] : []
        for (const origin of own) {
          const answer = await challenge(doors[way]!, origin, host)
          expect([400, 404, 421], `${origin} as ${host}: ${answer.body}`).toContain(answer.status)
          expect(answer.body).not.toContain('signature')
        }
      }
    })

    it('the name of the lease is known, in whatever case', async () => {
      for (const host of [house.visitor.host, house.visitor.host.toUpperCase()])
        expect(await doors[way]!.ask('GET /xopc/api/status', [], { host })).toMatchObject({ status: 401, code: 'missing_token' })
    })

    it('the session of the lease’s origin counts there, and at no other name or door', async () => {
      const { cookie, key } = await signIn(house, doors[way]!, house.url)
      const status = async (door: Door, lines: readonly string[], host?: string) =>
        (await door.ask('GET /xopc/api/status', lines, host === undefined ? {} : { host })).status
      expect(await status(doors[way]!, [cookie])).toBe(200)
      expect(await status(doors[way]!, [cookie, `Origin: ${house.url}`])).toBe(200)
      for (const lines of [[cookie], [cookie, key], [cookie, key, `Origin: ${house.url}`]]) {
        for (const host of names().filter((each) => each !== '' && !each.endsWith('.localhost')))
          expect([400, 401, 403, 404, 421], host).toContain(await status(doors[way]!, lines, host))
        for (const host of [house.local.host, `localhost:${house.gateway.port}`, 'gateway.test'])
          expect([401, 403, 421], host).toContain(await status(house.local, lines, host))
      }
      for (const origin of ['https://evil.example', `https://${house.visitor.host}`, 'null', `http://${house.local.host}`])
        expect(await status(doors[way]!, [cookie, key, `Origin: ${origin}`]), origin).toBe(403)
      await signOut(doors[way]!, house.url, [cookie, key])
      expect(await status(doors[way]!, [cookie])).toBe(401)
    })

    it('and that of another door does not count at the tunnel', async () => {
      const { cookie, key } = await signIn(house, house.local, `http://${house.local.host}`)
      expect((await house.local.ask('GET /xopc/api/status', [cookie])).status).toBe(200)
      for (const lines of [[cookie], [cookie, key], [cookie, key, `Origin: http://${house.local.host}`]])
        expect([401, 403]).toContain((await doors[way]!.ask('GET /xopc/api/status', lines)).status)
      await signOut(house.local, `http://${house.local.host}`, [cookie, key])
    })
  })
})

/** What a session was made at is a name of the gateway for as long as it lives. */
async function signOut(door: Door, origin: string, lines: readonly string[]): Promise<void> {
  expect((await door.ask('DELETE /xopc/api/session', [`Origin: ${origin}`, ...lines])).status).toBeLessThan(300)
}
