import { beforeAll, expect, it } from 'vitest'
import { tunnelPeers } from '../e2e/tunnel/house.ts'
import { needsPeer } from '../support/peers.ts'
import { guess, seenByApp, seenByGateway } from './doors.ts'
import { openTunnelHouse, type TunnelHouse } from './tunnels.ts'

// frp passes on whatever else a visitor writes of an address. Only X-Forwarded-For, which it writes itself, is read.

const names = [
  'X-Real-IP',
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
const [real, spoof] = ['203.0.113.9', '198.51.100.77']
const all = (address: string): string[] => [`Forwarded: for=${address}`, ...names.map((name) => `${name}: ${address}`)]

needsPeer(tunnelPeers, 'relatives of X-Forwarded-For, at the tunnel', (frps, frpc) => {
  let house: TunnelHouse
  beforeAll(async () => {
    const auth = { token: 'a-token-that-a-person-chose-42', rateLimit: { maxAttempts: 4 } }
    house = await openTunnelHouse({ programs: [frps, frpc], app: true, gateway: { auth } })
  }, 60_000)

  it.each(
    [...names.map((name) => [`${name}: ${spoof}`]), [`Forwarded: for=${spoof};by=127.0.0.1`], all('127.0.0.1')].map((lines) => [lines]),
  )('%j says nothing of the visitor, to us or to the app', async (lines) => {
    expect(await seenByGateway(house, house.from(real), lines)).toMatchObject({ client: real })
    // Where nothing else says who it is, nobody is named.
    expect(await seenByGateway(house, house.visitor, lines)).toMatchObject({ client: 'tunnel' })
    expect(await seenByGateway(house, house.socket, lines)).toMatchObject({ client: 'tunnel' })
    const { headers } = await seenByApp(house.from(real), [house.bearer, ...lines])
    expect(Object.entries(headers).filter(([name, value]) => name !== 'host' && /198\.51\.100\.77|127\.0\.0\.1/.test(value))).toEqual([])
    expect(headers['x-forwarded-for']).toBe(real)
  })

  it('who guesses is blocked however they change it', async () => {
    expect(await guess(house.from(real), 6, (n) => all(`198.51.100.${n}`))).toEqual([401, 401, 401, 401, 429, 429])
    expect((await house.from(spoof).ask('GET /xopc/api/status', [house.bearer, ...all(real)])).status).toBe(200)
  })
})
