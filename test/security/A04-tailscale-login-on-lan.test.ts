import { beforeAll, describe, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { authModes, type Door, type DoorName, type House, openHouse, PROXY_SECRET, proxied } from './doors.ts'
import { identityClaims, LOGIN } from './claims.ts'
import { proxyNames, proxyPeers, startProxies } from './proxies.ts'

// Who can dial the address can write any header; only tailscaled's word on its own socket would count, and there is none here.

needsPeer('netns', 'identity headers of Tailscale, sent directly', (ip) => {
  let houses: Record<'token' | 'password', House>
  beforeAll(async () => {
    houses = {
      token: await openHouse({ ip, app: true }),
      password: await openHouse({ ip, gateway: { auth: authModes.password } }),
    }
  })

  describe.each(['lan', 'local', 'proxy'] satisfies DoorName[])('%s', (name) => {
    it.each(identityClaims.map((lines) => [lines]))('%j lets nobody in', async (lines) => {
      for (const { doors } of Object.values(houses)) {
        const door = doors[name]
        const asked = { status: 401, code: 'missing_token' }
        expect(await door.ask('GET /xopc/api/status', lines)).toMatchObject(asked)
        expect((await door.shake('/xopc/api/probe/ws', lines)).status).toBe(401)
        const signIn = await door.ask('POST /xopc/api/session', ['Content-Type: application/json', ...lines], { body: '{}' })
        expect([401, 403]).toContain(signIn.status)
        expect(signIn.headers).not.toHaveProperty('set-cookie')
      }
      expect(await houses.token.doors[name].ask('GET /', lines)).toMatchObject({ status: 401 })
    })

    it.each(identityClaims.map((lines) => [lines]))('%j does not reach the app beside a good credential', async (lines) => {
      const { headers } = await houses.token.seenByApp(houses.token.doors[name], lines)
      expect(headers['x-xopc-user']).toBe('owner')
      expect(Object.keys(headers).filter((header) => header.startsWith('tailscale'))).toEqual([])
      expect(Object.values(headers).filter((value) => value.includes(LOGIN))).toEqual([])
    })

    it('a folded one, or one with a blank before its colon, is no request at all', async () => {
      for (const line of [`Tailscale-User-Login:\r\n ${LOGIN}`, `Tailscale-User-Login : ${LOGIN}`, ` Tailscale-User-Login: ${LOGIN}`]) {
        expect((await houses.token.doors[name].ask('GET /headers', [houses.token.bearer, line])).status, line).toBe(400)
      }
    })
  })
})

needsPeer(['netns', ...proxyPeers], 'identity headers of Tailscale through a real proxy that dials the LAN address', (ip, ...programs) => {
  let house: House
  let doors: Record<string, Door>
  beforeAll(async () => {
    house = await openHouse({ ip: ip, app: true })
    doors = await startProxies(programs, house.doors.lan.host)
  })

  it.each(proxyNames)('%s: let nobody in, and do not reach the app', async (name) => {
    const door = doors[name]!
    const named = { host: house.doors.lan.host }
    for (const lines of identityClaims) {
      expect(await door.ask('GET /xopc/api/status', lines, named), lines.join()).toMatchObject({ status: 401, code: 'missing_token' })
      expect(await door.ask('GET /', lines, named)).toMatchObject({ status: 401 })
      const { headers } = await house.seenByApp(door, lines, named)
      expect(headers['x-xopc-user']).toBe('owner')
      expect(Object.entries(headers).filter(([key, value]) => key.startsWith('tailscale') || value.includes(LOGIN))).toEqual([])
    }
  })
})

needsPeer('netns', 'identity headers of Tailscale where a proxy signs people in, from that proxy too', (ip) => {
  let house: House
  beforeAll(async () => {
    house = await openHouse({ ip, app: true, gateway: proxied })
  })
  const proof = `X-Xopc-Proxy-Secret: ${PROXY_SECRET}`
  const claims = identityClaims.filter((lines) => !lines.some((line) => line.startsWith('X-Forwarded-User')))

  describe.each(['lan', 'local', 'proxy'] satisfies DoorName[])('%s', (name) => {
    it.each(claims.map((lines) => [lines]))('%j names nobody', async (lines) => {
      const door = house.doors[name]
      expect((await door.ask('GET /xopc/api/status', lines)).status).toBe(401)
      expect((await door.ask('GET /headers', [...lines, proof])).status).toBe(401)
      const { headers } = await house.seenByApp(door, [...lines, proof], { bearer: 'X-Forwarded-User: anna' })
      expect(headers['x-xopc-user']).toBe('sso:anna')
      expect(Object.values(headers).filter((value) => value.includes(LOGIN))).toEqual([])
    })
  })
})
