import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join as joinPath } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { authModes, type House, openHouse, PASSWORD, PUBLIC_HOST } from './doors.ts'
import { exchange, joinedOf, mint } from './pairing.ts'

// 100,000 guesses from 10,000 addresses. A code is 256 bits, so none of them is right; what they must not do is lock the owner out, hold up
// who has a code, eat the memory or push everything else out of the audit log.

const [ADDRESSES, OF_EACH] = [10_000, 10]
const addressOf = (n: number): string => `198.${18 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`

/** Where a proxy comes in that is believed about the address: its socket, or loopback where `trustedProxies` lists it. */
type Way = { socketPath: string } | { host: string; port: number }

/** One guess through a proxy. */
function guess(agent: Agent, way: Way, address: string, secret: string): Promise<number> {
  const body = JSON.stringify({ pairingSecret: secret })
  const headers = {
    host: PUBLIC_HOST,
    'content-type': 'application/json',
    'content-length': body.length,
    'x-forwarded-for': address,
    'x-forwarded-proto': 'https',
  }
  return new Promise((resolve, reject) => {
    const req = request({ agent, ...way, method: 'POST', path: '/api/tunnel/exchange-token', headers }, (res) => {
      res.resume().once('end', () => resolve(res.statusCode ?? 0))
    })
    req.once('error', reject)
    req.end(body)
  })
}

function residentMegabytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

needsPeer('netns', 'guesses from everywhere', (ip) => {
  let house: House
  let ways: Record<'socket' | 'loopback', Way>
  beforeAll(async () => {
    house = await openHouse({ ip, gateway: { auth: authModes.password, trustedProxies: ['127.0.0.1'] } })
    house.bearer = `Authorization: Bearer ${PASSWORD}`
    const { proxySocket } = (
      JSON.parse(readFileSync(joinPath(house.gateway.stateDir, 'xopc.json'), 'utf8')) as { gateway: { proxySocket: string } }
    ).gateway
    ways = { socket: { socketPath: proxySocket }, loopback: { host: '127.0.0.1', port: house.gateway.port } }
  })

  it('none is right, and the owner and who has a code come in as before', { timeout: 180_000 }, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 32 })
    const [during, after] = [await mint(house), await mint(house)]
    const statuses = new Map<number, number>()
    const sizes: number[] = []
    for (let round = 0; round < OF_EACH; round++) {
      let next = 0
      const attacker = async (): Promise<void> => {
        while (next < ADDRESSES) {
          const n = next++
          const way = n % 2 === 0 ? ways.socket : ways.loopback
          const status = await guess(agent, way, addressOf(n), `${round}-${n}`.padStart(43, 'x'))
          statuses.set(status, (statuses.get(status) ?? 0) + 1)
        }
      }
      const attack = Promise.all(Array.from({ length: 32 }, attacker))
      if (round === 4) {
        expect(joinedOf(await exchange(house.doors.lan, { pairingSecret: during.secret })).token).toMatch(/^xopc_dt_/)
        expect((await house.doors.local.ask('GET /xopc/api/status', [house.bearer])).status).toBe(200)
      }
      await attack
      sizes.push(residentMegabytes(house.gateway.pid))
    }
    expect([...statuses]).toEqual([[401, ADDRESSES * OF_EACH]])
    // What is remembered of 10,000 sources is there after 20,000 guesses; 80,000 more leave no more behind than Node's own heap that has not
    // been collected yet.
    const [early = 0, middle = 0, late = 0] = [sizes[1], sizes[5], sizes.at(-1)]
    expect(late - early, `megabytes after each 10,000: ${sizes.map(Math.round).join(' ')}`).toBeLessThan(64)
    expect(late - middle, `the same: ${sizes.map(Math.round).join(' ')}`).toBeLessThan(24)
    // No cap over all of them, which strangers could use up: another address is told the same as the first.
    expect(await guess(agent, ways.loopback, '203.0.113.9', 'x'.repeat(43))).toBe(401)
    expect((await house.doors.local.ask('GET /xopc/api/status', [house.bearer])).status).toBe(200)
    expect(joinedOf(await exchange(house.doors.lan, { pairingSecret: after.secret })).token).toMatch(/^xopc_dt_/)
    const audit = readFileSync(joinPath(house.gateway.stateDir, 'logs/audit.log'), 'utf8')
    expect(audit.split('PairAudit.refused').length).toBeLessThan(3_000)
    expect(audit).toContain('PairAudit.paired')
    agent.destroy()
  })

  it.each(['socket', 'loopback'] as const)(
    'one address is held up with its 31st by the %s, but not with a code that is right, and nobody else is',
    { timeout: 60_000 },
    async (name) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      const [code, way, net] = [await mint(house), ways[name], name === 'socket' ? '203.0.113' : '192.0.2']
      const answers = []
      for (let n = 0; n < 32; n++) answers.push(await guess(agent, way, `${net}.50`, `${n}`.padStart(43, 'y')))
      expect(answers).toEqual([...Array<number>(30).fill(401), 429, 429])
      expect(await guess(agent, way, `${net}.51`, 'y'.repeat(43))).toBe(401)
      expect((await house.doors.local.ask('GET /xopc/api/status', [house.bearer])).status).toBe(200)
      expect(await guess(agent, way, `${net}.50`, code.secret)).toBe(200)
      agent.destroy()
    },
  )
})
