import { beforeAll, describe, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { authModes, guess, type House, openHouse, PUBLIC_HOST, seenByGateway } from './doors.ts'
import { proxyPeers, startCaddy, startNginx } from './proxies.ts'

// Whoever is not listed may write what they like: it makes no difference, but that the request is not local.

const says = (address: string) => [`X-Forwarded-For: ${address}`, 'X-Forwarded-Proto: https', 'X-Forwarded-Host: evil.example']
const addresses = ['203.0.113.9', '127.0.0.1', '::1', '10.0.0.1', '::ffff:127.0.0.1']
const warning = (log: string, peer: string) =>
  log.split('\n').filter((line) => line.includes('trustedProxies') && line.includes(`"peer":"${peer}"`))

needsPeer('netns', 'forwarded headers of a peer that nobody listed', (ip) => {
  let house: House
  let listed: House
  beforeAll(async () => {
    house = await openHouse({ ip, app: true })
    // Other proxies are listed; that makes these peers no better.
    listed = await openHouse({ ip, app: true, gateway: { trustedProxies: ['10.9.9.9', '192.0.2.0/24'] } })
  })

  describe.each(['local', 'lan'] as const)('%s', (name) => {
    it('do not say who the client is, over which scheme or by which name', async () => {
      for (const each of [house, listed]) {
        const door = each.doors[name]
        const own = door.host.replace(/:\d+$/, '')
        for (const address of addresses) {
          const seen = await seenByGateway(each, door, says(address))
          expect(seen).toMatchObject({ ingress: name, client: own, peer: own, proto: 'http', host: door.host, proxied: true })
          const { headers } = await each.seenByApp(door, says(address))
          expect(headers).toMatchObject({ 'x-forwarded-for': own, 'x-forwarded-proto': 'http', 'x-forwarded-host': door.host })
        }
      }
    })

    it('do not make a name known, and not make a known one unknown', async () => {
      for (const address of addresses) {
        const spoof = [`X-Forwarded-For: ${address}`, `X-Forwarded-Host: ${PUBLIC_HOST}`]
        const rebound = await house.doors[name].ask('GET /json', spoof, { host: 'evil.example' })
        expect(rebound).toMatchObject({ status: 421, code: 'UNKNOWN_HOST' })
        expect(await house.doors[name].ask('GET /json', says(address))).toMatchObject({ status: 401, code: 'missing_token' })
      }
    })

    it('are told of once, with the peer and the line to add', async () => {
      const peer = house.doors[name].host.replace(/:\d+$/, '')
      for (const address of addresses) await house.doors[name].ask('GET /health', says(address))
      const lines = warning(await house.gateway.log(), peer)
      expect(lines).toHaveLength(1)
      expect(lines[0]).toContain(`xopc config set 'gateway.trustedProxies=[\\"${peer}\\"]'`)
    })
  })

  it('do not keep a guesser from being blocked', async () => {
    const { doors } = await openHouse({ ip, gateway: { auth: authModes.password } })
    for (const name of ['local', 'lan'] as const) {
      expect(await guess(doors[name], 6, (n) => [`X-Forwarded-For: 198.51.100.${n}`])).toEqual([401, 401, 401, 401, 401, 429])
    }
  })
})

needsPeer(proxyPeers, 'a proxy on this computer that nobody listed', (nginx, caddy, caddyNew) => {
  it('works with the shortest configuration, is not local, and is told of', async () => {
    const house = await openHouse({ app: true, bare: true, gateway: { publicUrl: `https://${PUBLIC_HOST}` } })
    const { port } = house.gateway
    const doors = {
      caddy: await startCaddy(caddy, port),
      'caddy-2.11': await startCaddy(caddyNew, port),
      nginx: await startNginx(nginx, port, ['proxy_set_header Host $http_host;', 'proxy_set_header X-Forwarded-For $remote_addr;']),
    }
    for (const door of Object.values(doors)) {
      const visitor = { host: PUBLIC_HOST }
      expect(await door.ask('GET /', [house.bearer], visitor)).toMatchObject({ status: 200, body: 'hello from the app' })
      expect(await door.ask('GET /json', [], visitor)).toMatchObject({ status: 401, code: 'missing_token' })
      const seen = await seenByGateway(house, door, [], PUBLIC_HOST)
      expect(seen).toMatchObject({ ingress: 'local', client: '127.0.0.1', proxied: true, host: PUBLIC_HOST })
      const challenge = await door.ask('POST /xopc/api/gateway-identity/challenge', ['Content-Type: application/json'], {
        host: `127.0.0.1:${port}`,
        body: JSON.stringify({ nonce: 'n'.repeat(32), origin: `http://127.0.0.1:${port}` }),
      })
      expect(challenge).toMatchObject({ status: 421, code: 'NOT_MY_ORIGIN' })
    }
    expect(warning(await house.gateway.log(), '127.0.0.1')).toHaveLength(1)
  })
})
