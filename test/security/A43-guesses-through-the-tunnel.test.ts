import { beforeAll, expect, it } from 'vitest'
import { tunnelPeers } from '../e2e/tunnel/house.ts'
import { needsPeer } from '../support/peers.ts'
import { type Door, PASSWORD } from './doors.ts'
import { JSON_LINE, openTunnelHouse, type TunnelHouse } from './tunnels.ts'

// The whole internet may try. Each visitor is counted for themselves, at every place that takes a credential, and locks nobody else out.

const auth = { mode: 'password', password: PASSWORD, rateLimit: { maxAttempts: 3 } }
const right = `Authorization: Bearer ${PASSWORD}`
const wrong = (n: number): string => `wrong-guess-${n}`

const ways: [string, (door: Door, n: number) => ReturnType<Door['ask']>][] = [
  ['Bearer on the API', (door, n) => door.ask('GET /xopc/api/status', [`Authorization: Bearer ${wrong(n)}`])],
  ['X-Xopc-Token', (door, n) => door.ask('GET /api/overview', [`X-Xopc-Token: ${wrong(n)}`])],
  ['X-Api-Key', (door, n) => door.ask('GET /xopc/api/config', [`X-Api-Key: ${wrong(n)}`])],
  ['Bearer on a public route', (door, n) => door.ask('GET /xopc/api/tunnel/pair/ping', [`Authorization: Bearer ${wrong(n)}`])],
  ['Bearer of a WebSocket', (door, n) => door.shake('/xopc/api/probe/ws', [`Authorization: Bearer ${wrong(n)}`])],
  ['sign-in', (door, n) => door.ask('POST /xopc/api/session', [JSON_LINE], { body: JSON.stringify({ password: wrong(n) }) })],
  ['sign-in with what is no JSON', (door) => door.ask('POST /xopc/api/session', [JSON_LINE], { body: '{"password":' })],
]

needsPeer(tunnelPeers, 'guesses that come by the tunnel', (frps, frpc) => {
  let house: TunnelHouse
  beforeAll(async () => {
    house = await openTunnelHouse({ programs: [frps, frpc], gateway: { auth } })
  }, 60_000)

  const status = async (door: Door, lines = [right]): Promise<number> => (await door.ask('GET /xopc/api/status', lines)).status

  it.each(ways.map(([name, attempt], index) => [name, attempt, index] as const))(
    '%s: counted for this visitor alone',
    async (_, attempt, index) => {
      const guesser = house.from(`198.51.100.${index + 1}`)
      const statuses: number[] = []
      for (let n = 0; n < 3; n++) statuses.push((await attempt(guesser, n)).status)
      expect(statuses.filter((each) => each !== 400 && each !== 401)).toEqual([])
      const blocked = await guesser.ask('GET /xopc/api/status', [right])
      expect(blocked).toMatchObject({ status: 429, code: 'auth_blocked' })
      expect(Number(blocked.headers['retry-after'])).toBeGreaterThan(0)
      // Over the very connections that frp keeps, the next one is let in.
      expect(await status(house.from(`203.0.113.${index + 1}`))).toBe(200)
      expect([await status(house.local), await status(house.control, [])]).toEqual([200, 200])
    },
  )

  it('a whole /64 is one visitor, and the next one is another', async () => {
    for (let n = 0; n < 3; n++) await ways[0]![1](house.from(`2001:db8:1:2::${n + 1}`), n)
    expect(await status(house.from('2001:db8:1:2:ffff::1'))).toBe(429)
    expect(await status(house.from('2001:db8:1:3::1'))).toBe(200)
  })

  it('many guesses at once are as few as one after another', async () => {
    const guesser = house.from('198.51.100.200')
    const statuses = await Promise.all(Array.from({ length: 30 }, async (_, n) => (await ways[0]![1](guesser, n)).status))
    expect([statuses.filter((each) => each === 401).length, statuses.filter((each) => each === 429).length]).toEqual([3, 27])
  })

  it('who guesses on the broker’s own computer does not block programs of this one', async () => {
    for (const lines of [[], ['X-Forwarded-For: 127.0.0.1'], ['X-Forwarded-For: ::1']])
      for (let n = 0; n < 3; n++) await house.visitor.ask('GET /xopc/api/status', [`Authorization: Bearer ${wrong(n)}`, ...lines])
    expect(await status(house.visitor)).toBe(429)
    expect([await status(house.local), await status(house.from('203.0.113.99')), await status(house.control, [])]).toEqual([200, 200, 200])
  })

  it('wrong pairing codes block whoever brings them, and no other', async () => {
    const bring = async (door: Door) =>
      (await door.ask('POST /xopc/api/tunnel/exchange-token', [JSON_LINE], { body: JSON.stringify({ pairingSecret: 'x'.repeat(43) }) }))
        .status
    const guesser = house.from('198.51.100.210')
    for (let n = 0; n < 30; n++) expect(await bring(guesser)).toBe(401)
    expect(await bring(guesser)).toBe(429)
    expect([await bring(house.from('203.0.113.77')), await bring(house.local)]).toEqual([401, 401])
  })

  it('control is never limited', async () => {
    for (let n = 0; n < 10; n++)
      expect(await status(house.control, [`Authorization: Bearer ${wrong(n)}`, 'X-Forwarded-For: 198.51.100.1'])).toBe(200)
    expect((await house.gateway.xopc(['tunnel', 'status', '--json'])).code).toBe(0)
  })
})
