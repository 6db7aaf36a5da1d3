import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { controlRoutes } from '../../src/lib/gateway/control/routes/table.ts'
import { needsPeer } from '../support/peers.ts'
import { tailnetPeers } from '../support/tailnet.ts'
import { type Door, guess } from './doors.ts'
import { openTailnetHouse, SERVED, type TailnetHouse } from './tailnets.ts'

// What a gateway tells of itself is for who has proven to be the owner, by whatever door; what a socket of the owner's own grants stays there.

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
  '/.git/config',
  '/exposures.json',
  '/xopc/devices.json',
]

needsPeer(tailnetPeers, 'what is internal, asked for through Tailscale', () => {
  let house: TailnetHouse
  const doors: Record<string, Door> = {}
  beforeAll(async () => {
    house = await openTailnetHouse({ mode: 'funnel' })
    doors['Serve'] = house.serve
    doors['Funnel'] = house.funnel
  }, 60_000)

  /** What would make somebody count as a program of this computer, elsewhere. */
  const claims = [
    [],
    ['X-Forwarded-For: 127.0.0.1', 'X-Real-IP: 127.0.0.1', 'X-Forwarded-Host: localhost', 'Forwarded: for=127.0.0.1;host=localhost'],
    ['X-Original-URL: /health', 'X-Rewrite-URL: /health', 'X-Xopc-User: owner', 'X-Xopc-Ingress: control'],
  ]

  describe.each(['Serve', 'Funnel'])('%s', (name) => {
    it('every route that is for somebody asks who it is', async () => {
      const rows = controlRoutes.filter(({ scope }) => scope !== 'none')
      for (const { method, path } of rows) {
        const place = path.replaceAll(/:\w+/g, 'tailscale')
        // By either spelling: the API is also at the root where no app is behind the gateway.
        const written = name === 'Serve' ? `/xopc${place}` : place
        const answer = await doors[name]!.ask(`${method} ${written}`, claims[name === 'Serve' ? 1 : 2])
        expect(answer, `${method} ${written}`).toMatchObject({ status: 401, code: 'missing_token' })
      }
      expect(rows.map(({ path }) => path)).toEqual(
        expect.arrayContaining(['/metrics', '/api/logs', '/api/audit', '/api/openapi.json', '/api/config']),
      )
      expect((await doors[name]!.shake('/xopc/api/probe/ws')).status).toBe(401)
    })

    it('there is nothing else', async () => {
      for (const path of guesses) {
        const answer = await doors[name]!.ask(`GET ${path}`)
        // 301: Tailscale’s own proxy tidies a path before it is asked for.
        expect([301, 307, 401, 404], `${path} ${answer.body}`).toContain(answer.status)
        expect(answer.body).not.toMatch(/xopc_(?!session)|gatewayId|pid/)
      }
    })

    it('what strangers are told tells them nothing of this computer', async () => {
      const ping = JSON.parse((await doors[name]!.ask('GET /xopc/api/tunnel/pair/ping')).body) as { connectUrls: string[] }
      expect(ping.connectUrls).toEqual([`https://${SERVED}`])
      const health = JSON.parse((await doors[name]!.ask('GET /health', claims[1])).body) as object
      expect(Object.keys(health).toSorted()).toEqual(['status', 'uptime', 'version'])
    })

    it('the owner has it with the password, as the owner has everywhere', async () => {
      for (const path of ['/metrics', '/xopc/metrics', '/xopc/api/logs', '/xopc/api/audit', '/xopc/api/openapi.json', '/xopc/api/config'])
        expect(await doors[name]!.ask(`GET ${path}`, [house.bearer]), path).toMatchObject({ status: 200 })
      const { body } = await doors[name]!.ask('GET /xopc/api/probe/request', [house.bearer, ...claims[1]!])
      const client = name === 'Funnel' ? '203.0.113.7' : house.tailnet.node('b').ip
      expect(JSON.parse(body)).toMatchObject({ ingress: 'tailscale', client, host: SERVED, proto: 'https', proxied: true })
    })

    it('who guesses is blocked, by the address that Tailscale sees, and nobody else is', async () => {
      // Each guess claims to come from somewhere else.
      const statuses = await guess(doors[name]!, 12, (n) => [`X-Forwarded-For: 198.51.100.${n}`, `X-Real-IP: 198.51.100.${n}`])
      expect(statuses.slice(-2)).toEqual([429, 429])
      expect((await doors[name]!.ask('GET /xopc/api/status', [house.bearer])).status).toBe(429)
      expect((await house.control.ask('GET /xopc/api/status')).status).toBe(200)
      expect((await house.local.ask('GET /xopc/api/status', [house.bearer])).status).toBe(200)
      const audit = await readFile(join(house.gateway.stateDir, 'logs/audit.log'), 'utf8')
      expect(audit).not.toContain('198.51.100.')
    })
  })
})
