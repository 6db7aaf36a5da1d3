import { type IncomingMessage, request } from 'node:http'
import { beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { needsPeer } from '../support/peers.ts'
import { type House, openHouse } from './doors.ts'
import { exchange, join, mint } from './pairing.ts'

// A token is changed, or a device thrown out, because somebody has it who should not. What that one opened by it must not stay open.

/** Something that goes on until it is ended. */
interface Open {
  name: string
  ended: Promise<unknown>
}

function stream(port: number, path: string, headers: Record<string, string>): Promise<Open> {
  return new Promise((resolve, reject) => {
    const req = request({ host: '127.0.0.1', port, path, headers, agent: false })
    req.once('error', reject)
    req.once('response', (res: IncomingMessage) => {
      if (res.statusCode !== 200) return reject(new Error(`${path}: ${res.statusCode}`))
      const ended = new Promise((done) => res.on('error', () => undefined).once('close', done))
      res.resume()
      resolve({ name: path, ended })
    })
    req.end()
  })
}

function socket(port: number, path: string, headers: Record<string, string>): Promise<Open> {
  return new Promise((resolve, reject) => {
    const ws = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers })
    const ended = new Promise((done) => ws.once('close', done))
    ws.once('open', () => resolve({ name: path, ended })).on('error', reject)
  })
}

/** Everything that a credential can hold open. */
async function openAll({ gateway: { port } }: House, headers: Record<string, string>, own: boolean): Promise<Open[]> {
  return [
    await stream(port, '/xopc/api/events', headers),
    await stream(port, '/events?count=0&every=50', headers),
    await socket(port, '/ws', headers),
    // A device without `admin` has no probe.
    ...(own ? [await socket(port, '/xopc/api/probe/ws', headers)] : []),
  ]
}

async function allEnd(all: readonly Open[], ms: number): Promise<void> {
  const late = new Promise((resolve) => setTimeout(resolve, ms, 'late'))
  for (const { name, ended } of all) expect(await Promise.race([ended.then(() => 'ended'), late]), name).toBe('ended')
}

needsPeer('netns', 'a credential that is not good any more', (ip) => {
  let house: House
  beforeAll(async () => {
    house = await openHouse({ ip, app: true })
  })

  describe('the owner’s token', () => {
    it('opens nothing after it was changed, and what it had opened ends', { timeout: 30_000 }, async () => {
      const each = await openHouse({ ip, app: true })
      const old = { Authorization: each.bearer.slice('Authorization: '.length) }
      const code = await mint(each)
      const { ticket } = JSON.parse(
        (await each.doors.local.ask('POST /xopc/api/ticket', [each.bearer, 'Content-Type: application/json'], { body: '{"for":"events"}' }))
          .body,
      ) as { ticket: string }
      const all = await openAll(each, old, true)
      const changed = await each.doors.local.ask('POST /xopc/api/gateway/rotate-token', [each.bearer])
      expect(changed.status).toBe(200)
      await allEnd(all, 2_000)
      for (const line of [each.bearer, each.bearer.replace('Authorization: Bearer', 'X-Xopc-Token:')]) {
        expect(await each.doors.local.ask('GET /xopc/api/status', [line])).toMatchObject({ status: 401, code: 'invalid_token' })
        expect(await each.doors.local.ask('GET /', [line])).toMatchObject({ status: 401 })
      }
      expect((await each.doors.local.ask(`GET /xopc/api/events?ticket=${ticket}`)).status).toBe(401)
      // A code made by the old token would be a way back in.
      expect(await exchange(each.doors.lan, { pairingSecret: code.secret })).toMatchObject({ status: 401, code: 'PAIRING_INVALID' })
    })
  })

  describe('a device’s token', () => {
    it('opens nothing after it was thrown out, and what it had opened ends within a second', { timeout: 30_000 }, async () => {
      const [device, other] = [await join(house), await join(house)]
      const headers = { Authorization: `Bearer ${device.token}` }
      const kept = await stream(house.gateway.port, '/xopc/api/events', { Authorization: `Bearer ${other.token}` })
      const all = await openAll(house, headers, false)
      expect((await house.doors.local.ask(`DELETE /xopc/api/devices/${device.id}`, [house.bearer])).status).toBe(204)
      const began = Date.now()
      await allEnd(all, 1_000)
      expect(Date.now() - began).toBeLessThan(1_000)
      for (const path of ['/xopc/api/status', '/', '/xopc/api/devices/me']) {
        expect(await house.doors.lan.ask(`GET ${path}`, [device.bearer])).toMatchObject({ status: 401, code: 'invalid_token' })
      }
      expect(await Promise.race([kept.ended.then(() => 'ended'), Promise.resolve('open')])).toBe('open')
      expect((await house.doors.lan.ask('GET /xopc/api/status', [other.bearer])).status).toBe(200)
    })

    it('leaves no ticket behind', async () => {
      const device = await join(house)
      const asked = await house.doors.lan.ask('POST /xopc/api/ticket', [device.bearer, 'Content-Type: application/json'], {
        body: '{"for":"ws"}',
      })
      const { ticket } = JSON.parse(asked.body) as { ticket: string }
      expect((await house.doors.local.ask(`DELETE /xopc/api/devices/${device.id}`, [house.bearer])).status).toBe(204)
      expect((await house.doors.lan.shake(`/ws?ticket=${ticket}`)).status).toBe(401)
    })
  })
})
