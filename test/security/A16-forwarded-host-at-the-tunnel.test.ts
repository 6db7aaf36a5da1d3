import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Registration } from '../../src/lib/protocol/broker-api.ts'
import { askControl, tunnelPeers } from '../e2e/tunnel/house.ts'
import { needsPeer } from '../support/peers.ts'
import { type Door, seenByApp, seenByGateway } from './doors.ts'
import { questions, startLyingBroker } from './tunnel-lies.ts'
import { closedTunnelHouse, openedAt, openTunnelHouse, type TunnelHouse } from './tunnels.ts'

// By which name and scheme somebody comes through the tunnel is what the lease says. Nothing that a visitor, or frp, writes of it counts.

const claims: readonly (readonly string[])[] = [
  ['X-Forwarded-Host: evil.example'],
  ['X-Forwarded-Host: localhost', 'X-Forwarded-Proto: https'],
  ['X-Forwarded-Host: 127.0.0.1:18790'],
  ['X-Forwarded-Host: gateway.test', 'X-Forwarded-Proto: https', 'X-Forwarded-Port: 443'],
  ['Forwarded: host=evil.example;proto=https'],
  ['X_Forwarded_Host: evil.example', 'X_Forwarded_Proto: https', 'X-Forwarded-Scheme: https', 'Front-End-Https: on'],
  ['X-Forwarded-Proto: nonsense', 'X-Forwarded-Host: a b'],
  ['X-Forwarded-Proto: https, http, https, http'],
]

/** Host as an app is told of it, by name and scheme. */
async function toldToApp({ bearer }: TunnelHouse, door: Door, lines: readonly string[]): Promise<unknown> {
  const { headers } = await seenByApp(door, [bearer, ...lines])
  return [headers['x-forwarded-host'], headers['x-forwarded-proto'], JSON.stringify(headers).includes('evil')]
}

needsPeer(tunnelPeers, 'a name or scheme that a visitor of the tunnel claims', (frps, frpc) => {
  let house: TunnelHouse
  const doors: Record<string, Door> = {}
  beforeAll(async () => {
    house = await openTunnelHouse({ programs: [frps, frpc], app: true, gateway: { publicUrl: 'https://gateway.test' } })
    doors['through frps'] = house.visitor
    doors['past a proxy'] = house.from('203.0.113.9')
    doors['from a broker that lets everything pass'] = house.socket
  }, 60_000)

  describe.each(['through frps', 'past a proxy', 'from a broker that lets everything pass'])('%s', (way) => {
    it.each(claims.map((lines) => [lines]))('%j says nothing', async (lines) => {
      const [door, { host }] = [doors[way]!, house.visitor]
      expect(await seenByGateway(house, door, lines)).toMatchObject({ ingress: 'tunnel', proto: 'http', host })
      expect(await toldToApp(house, door, lines)).toEqual([host, 'http', false])
      expect(await door.ask('GET /xopc/api/status', lines)).toMatchObject({ status: 401, code: 'missing_token' })
    })

    it('a known name beside a foreign Host makes nothing known', async () => {
      const door = doors[way]!
      for (const lines of [[`X-Forwarded-Host: ${house.visitor.host}`], ['X-Forwarded-Host: gateway.test', 'X-Forwarded-Proto: https']]) {
        const answer = await door.ask('GET /xopc/api/status', lines, { host: 'evil.example' })
        // frps itself knows no such name.
        expect([404, 421], answer.body).toContain(answer.status)
      }
    })

    it('a session is made for the origin of the lease, and for no claimed one', async () => {
      const door = doors[way]!
      const signIn = async (origin: string, lines: readonly string[]) =>
        await door.ask('POST /xopc/api/session', [`Origin: ${origin}`, 'Content-Type: application/json', ...lines], {
          body: JSON.stringify({ token: house.gateway.token }),
        })
      for (const lines of claims) {
        for (const origin of ['https://evil.example', 'https://gateway.test', `https://${house.visitor.host}`]) {
          const answer = await signIn(origin, lines)
          expect([403, 421], `${origin} ${answer.body}`).toContain(answer.status)
          expect(answer.headers).not.toHaveProperty('set-cookie')
        }
      }
    })
  })
})

needsPeer(tunnelPeers, 'a lease whose visitors come by https', (frps, frpc) => {
  it('is https, although frp says http to everybody', { timeout: 60_000 }, async () => {
    const first = await closedTunnelHouse({ programs: [frps, frpc] })
    const lying = await startLyingBroker(first.broker.url)
    const secure = (body: unknown) =>
      JSON.parse(
        JSON.stringify(body)
          .replace('"publicScheme":"http"', '"publicScheme":"https"')
          .replace('"publicUrl":"http:', '"publicUrl":"https:'),
      )
    let url = ''
    lying.lie(questions.discovery, ({ status, body }) => ({ status, body: secure(body) }))
    lying.lie(questions.register, ({ status, body }) => {
      // `as`: what the real broker answered.
      const lease = secure(body) as Registration
      url = lease.publicUrl
      return { status, body: lease }
    })
    const house = await closedTunnelHouse({ programs: [frps, frpc], broker: first.broker, brokerUrl: lying.url, app: true })
    // Nobody answers by https there, so it is never seen to work; who comes is served all the same.
    expect(await askControl(house.gateway, '/tunnel/start', 'POST', {})).toMatchObject({ status: 202 })
    const opened = () => openedAt(house, url)
    for (const until = Date.now() + 20_000; ; await sleep(200)) {
      const { status } = url === '' ? { status: 0 } : await opened().visitor.ask('GET /health')
      if (status === 200) break
      if (Date.now() > until) throw new Error(`nobody comes through ${url}: ${status}`)
    }
    const { visitor, socket } = opened()
    for (const door of [visitor, socket]) {
      for (const lines of [[], ['X-Forwarded-Proto: http'], ['X-Forwarded-Proto: http', 'X-Forwarded-Host: evil.example']]) {
        expect(await seenByGateway(house, door, lines)).toMatchObject({ proto: 'https', host: visitor.host })
        const { headers } = await seenByApp(door, [house.bearer, ...lines])
        expect([headers['x-forwarded-proto'], headers['x-forwarded-host']]).toEqual(['https', visitor.host])
      }
    }
  })
})
