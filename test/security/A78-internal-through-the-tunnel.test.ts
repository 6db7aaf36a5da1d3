import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { tunnelPeers } from '../e2e/tunnel/house.ts'
import { controlRoutes } from '../../src/lib/gateway/control/routes/table.ts'
import { needsPeer } from '../support/peers.ts'
import { type Door, guess } from './doors.ts'
import { openTunnelHouse, type TunnelHouse } from './tunnels.ts'

// The whole internet comes by the tunnel. What a gateway tells of itself is for who has proven to be the owner, and what the owner's own socket grants
// stays there.

/** What people look for at an address that is open to them: places of other programs, and spellings of ours. */
const guesses = [
  '/metrics/',
  '/debug/pprof/',
  '/debug/vars',
  '/xopc/api/../metrics',
  '/xopc/api/%2e%2e/metrics',
  '/xopc//metrics',
  '/XOPC/metrics',
  '//metrics',
  '/xopc/api/logs/',
  '/xopc/api/control',
  '/xopc/api/internal',
  '/run/control.sock',
  '/run/frpc.toml',
  '/tunnel.json',
  '/.git/config',
  '/exposures.json',
  '/xopc/devices.json',
  // Of frp itself.
  '/api/reload',
  '/api/status/../config',
  '/api/stop',
  '/healthz',
]

/** What would make somebody count as a program of this computer, elsewhere. */
const claims: readonly (readonly string[])[] = [
  [],
  ['X-Forwarded-For: 127.0.0.1', 'X-Real-IP: 127.0.0.1', 'X-Forwarded-Host: localhost', 'Forwarded: for=127.0.0.1;host=localhost'],
  ['X-Original-URL: /health', 'X-Rewrite-URL: /health', 'X-Xopc-User: owner', 'X-Xopc-Ingress: control', 'X-Xopc-Api: 1'],
]

/** What would be let in wrongly shows by what it tells before something is stopped. */
const readingFirst = (one: { method: string }, other: { method: string }): number =>
  Number(other.method === 'GET') - Number(one.method === 'GET')

needsPeer(tunnelPeers, 'what is internal, asked for through the tunnel', (frps, frpc) => {
  let house: TunnelHouse
  const doors: Record<string, Door> = {}
  beforeAll(async () => {
    const auth = { token: 'a-token-that-a-person-chose-42' }
    house = await openTunnelHouse({ programs: [frps, frpc], gateway: { auth } })
    doors['a visitor'] = house.visitor
    doors['a broker that lets everything pass'] = house.socket
  }, 60_000)

  describe.each(['a visitor', 'a broker that lets everything pass'])('%s', (name) => {
    it('every route that is for somebody asks who it is', async () => {
      const rows = controlRoutes.filter(({ scope }) => scope !== 'none').toSorted(readingFirst)
      for (const { method, path } of rows) {
        const place = path.replaceAll(/:\w+/g, 'tunnel')
        // By either spelling: the API is also at the root where no app is behind the gateway.
        for (const [written, lines] of [
          [`/xopc${place}`, claims[1]!],
          [place, claims[2]!],
        ] as const)
          expect(await doors[name]!.ask(`${method} ${written}`, lines), `${method} ${written}`).toMatchObject({
            status: 401,
            code: 'missing_token',
          })
      }
      expect(rows.map(({ path }) => path)).toEqual(
        expect.arrayContaining(['/metrics', '/api/logs', '/api/audit', '/api/openapi.json', '/api/config', '/api/tunnel/status']),
      )
      expect((await doors[name]!.shake('/xopc/api/probe/ws')).status).toBe(401)
    })

    it('there is nothing else', async () => {
      for (const path of guesses) {
        const answer = await doors[name]!.ask(`GET ${path}`)
        expect([307, 401, 404], `${path} ${answer.body}`).toContain(answer.status)
        expect(answer.body).not.toMatch(/xopc_(?!session)|gatewayId|pid/)
      }
      // A proxy's request, or one that frp would not pass on as it is.
      for (const request of [`GET http://127.0.0.1:${house.gateway.port}/metrics`, 'CONNECT 127.0.0.1:22', 'TRACE /metrics'])
        expect((await doors[name]!.ask(request, claims[1])).status, request).not.toBe(200)
    })

    it('what strangers are told tells them nothing of this computer', async () => {
      const ping = JSON.parse((await doors[name]!.ask('GET /xopc/api/tunnel/pair/ping')).body) as { connectUrls: string[] }
      // A name of this computer is no use to a phone; at a broker elsewhere it is the address by which it was asked.
      expect(ping.connectUrls.filter((url) => url !== house.url)).toEqual([])
      const health = JSON.parse((await doors[name]!.ask('GET /health', claims[1])).body) as object
      expect(Object.keys(health).toSorted()).toEqual(['status', 'uptime', 'version'])
    })

    it('the owner has it with the token, as the owner has everywhere', async () => {
      for (const path of ['/metrics', '/xopc/metrics', '/xopc/api/logs', '/xopc/api/audit', '/xopc/api/openapi.json', '/xopc/api/config'])
        expect(await doors[name]!.ask(`GET ${path}`, [house.bearer]), path).toMatchObject({ status: 200 })
    })
  })

  it('who guesses is blocked, by the address that the broker sees, and nobody else is', async () => {
    const guesser = house.from('203.0.113.7')
    const statuses = await guess(guesser, 8, (n) => [`X-Forwarded-For: 198.51.100.${n}`, `X-Real-IP: 198.51.100.${n}`])
    expect(statuses.slice(-2)).toEqual([429, 429])
    expect((await guesser.ask('GET /xopc/api/status', [house.bearer])).status).toBe(429)
    expect((await house.control.ask('GET /xopc/api/status')).status).toBe(200)
    expect((await house.local.ask('GET /xopc/api/status', [house.bearer])).status).toBe(200)
    const audit = await readFile(join(house.gateway.stateDir, 'logs/audit.log'), 'utf8')
    expect(audit).toContain('203.0.113.7')
    expect(audit).not.toContain('198.51.100.')
  })
})
