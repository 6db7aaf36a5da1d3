import { beforeAll, expect, it } from 'vitest'
import { tunnelPeers } from '../e2e/tunnel/house.ts'
import { otherComputer } from '../support/netns.ts'
import { needsPeer } from '../support/peers.ts'
import { freePort } from '../support/ports.ts'
import { startCaddy } from '../support/proxy-programs.ts'
import { doorTo, guess, seenByApp, seenByGateway } from './doors.ts'
import { openTunnelHouse, type TunnelHouse } from './tunnels.ts'

// The frp server appends the address that it sees, and so does a proxy before it. What stands left of that is the visitor's own word.

const real = '203.0.113.9'

const chains: readonly (readonly [title: string, lines: readonly string[], client: string])[] = [
  ['nothing', [], real],
  ['one spoofed address', ['X-Forwarded-For: 6.6.6.6'], real],
  ['loopback', ['X-Forwarded-For: 127.0.0.1'], real],
  ['loopback, often', ['X-Forwarded-For: 127.0.0.1, ::1, ::ffff:127.0.0.1'], real],
  ['a private address', ['X-Forwarded-For: 192.168.1.7, 10.0.0.1'], real],
  ['an address of the tailnet', ['X-Forwarded-For: 100.101.102.103'], real],
  ['two lines', ['X-Forwarded-For: 127.0.0.1', 'x-forwarded-for: 6.6.6.6'], real],
  ['another spelling', ['X_Forwarded_For: 6.6.6.6', 'X.Forwarded.For: 6.6.6.6'], real],
  ['a Forwarded that says otherwise', ['Forwarded: for=6.6.6.6'], real],
]

needsPeer(tunnelPeers, 'an address that a visitor of the tunnel claims', (frps, frpc) => {
  let house: TunnelHouse
  beforeAll(async () => {
    const auth = { token: 'a-token-that-a-person-chose-42', rateLimit: { maxAttempts: 4 } }
    house = await openTunnelHouse({ programs: [frps, frpc], app: true, gateway: { auth, trustedProxies: ['203.0.113.9', '6.6.6.6'] } })
  }, 60_000)

  it.each(chains)('%s to the left of the real one: the real one counts, for us and for the app', async (_, lines, client) => {
    const door = house.from(real)
    expect(await seenByGateway(house, door, lines)).toMatchObject({ ingress: 'tunnel', client, proxied: true })
    const { headers } = await seenByApp(door, [house.bearer, ...lines])
    expect(headers['x-forwarded-for']).toBe(client)
    expect(Object.values(headers).filter((value) => value.includes('6.6.6.6'))).toEqual([])
  })

  it.each([
    ['IPv6', '2001:DB8::7', '2001:db8::7'],
    ['v4-mapped', '::ffff:203.0.113.9', real],
    ['v4-mapped in hexadecimal', '::FFFF:cb00:7109', real],
  ])('an address that is %s is the visitor’s', async (_, address, client) => {
    expect(await seenByGateway(house, house.from(address), ['X-Forwarded-For: 6.6.6.6'])).toMatchObject({ client })
  })

  it.each([[[]], [['X-Forwarded-For: 127.0.0.1']], [['X-Forwarded-For: ::1, 127.0.0.2']]])(
    '%j from the broker’s own computer: no address of this computer, and nothing that only this computer may',
    async (lines) => {
      const seen = await seenByGateway(house, house.visitor, lines)
      expect(seen).toMatchObject({ ingress: 'tunnel', client: 'tunnel', proxied: true })
      const { headers } = await seenByApp(house.visitor, [house.bearer, ...lines])
      expect(headers).not.toHaveProperty('x-forwarded-for')
      expect(await house.visitor.ask('GET /xopc/api/status', lines)).toMatchObject({ status: 401, code: 'missing_token' })
    },
  )

  it('what is no address is a bad request, and guessed at by nobody', async () => {
    for (const value of ['batman', '1.1.1.1, , 1.2.3.4', '203.0.113.0/24', '203.0.113.9:80', 'unknown'])
      expect(await house.from(real).ask('GET /xopc/api/status', [house.bearer, `X-Forwarded-For: ${value}`]), value).toMatchObject({
        status: 400,
        code: 'FORWARDED_INVALID',
      })
  })

  it('who guesses is blocked however the spoof changes, and others are not', async () => {
    const guesser = house.from('198.51.100.7')
    expect(await guess(guesser, 6, (n) => [`X-Forwarded-For: 203.0.113.${n}, 127.0.0.1`])).toEqual([401, 401, 401, 401, 429, 429])
    expect((await house.from('203.0.113.3').ask('GET /xopc/api/status', [house.bearer])).status).toBe(200)
    expect((await house.local.ask('GET /xopc/api/status', [house.bearer])).status).toBe(200)
    expect((await guesser.ask('GET /xopc/api/status', [house.bearer])).status).toBe(429)
  })
})

needsPeer(
  [...tunnelPeers, 'netns', 'caddy-2.11'],
  'an address that a visitor claims where Caddy stands before frps',
  (frps, frpc, ip, caddy) => {
    it('is not theirs: that which Caddy saw is', async () => {
      const house = await openTunnelHouse({ programs: [frps, frpc] })
      // Who dials an address of the network comes from one.
      const { hostAddress } = await otherComputer(ip)
      const port = await freePort()
      await startCaddy(caddy, {
        config: `http://:${port} {\n  bind 0.0.0.0\n  reverse_proxy 127.0.0.1:${new URL(house.url).port}\n}\n`,
        port,
      })
      const door = doorTo({ host: hostAddress, port }, house.visitor.host)
      for (const lines of [
        [],
        ['X-Forwarded-For: 127.0.0.1'],
        ['X-Forwarded-For: 6.6.6.6', 'X-Real-IP: 6.6.6.6', 'Forwarded: for=6.6.6.6'],
      ])
        expect(await seenByGateway(house, door, lines)).toMatchObject({
          ingress: 'tunnel',
          client: hostAddress,
          forwardedFor: [hostAddress, '127.0.0.1'],
        })
    })
  },
)
