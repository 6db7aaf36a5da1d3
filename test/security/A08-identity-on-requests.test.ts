import { beforeAll, describe, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { tailnetPeers } from '../support/tailnet.ts'
import { identityClaims, LOGIN } from './claims.ts'
import type { Door } from './doors.ts'
import { ALICE, askForSession, cookieIn, JSON_LINE, openTailnetHouse, SERVED, type TailnetHouse } from './tailnets.ts'

// Tailscale says with every request who its visitor is. That is good for signing in, once; were it good for requests, any page that she opens
// could make them for her, and so could (at a port) any program.

/** What asks for something, of each kind: data, a stream, a change, the app. */
const wishes = [
  'GET /xopc/api/status',
  'GET /xopc/api/overview',
  'GET /xopc/api/events',
  'GET /xopc/api/config',
  'GET /xopc/api/tunnel/qr',
  'POST /xopc/api/agent/stream',
  'POST /xopc/api/pair',
  'POST /xopc/api/ticket',
  'PATCH /xopc/api/config',
  'DELETE /xopc/api/session',
  'GET /',
  'POST /echo',
] as const
const spellings = identityClaims.map((lines) => lines.map((line) => line.replaceAll(LOGIN, ALICE)))

needsPeer(tailnetPeers, 'who Tailscale says that a visitor is, on requests', () => {
  let house: TailnetHouse
  const doors: Record<string, Door> = {}
  beforeAll(async () => {
    house = await openTailnetHouse({ identity: true, app: true })
    doors['Serve to a socket'] = house.serve
    doors['the socket'] = await house.socket()
  }, 60_000)

  /** At a door of its own a program writes what Tailscale's proxy would. */
  const asProxy = () => [`X-Forwarded-For: ${house.tailnet.node('b').ip}`, `X-Forwarded-Host: ${SERVED}`, 'X-Forwarded-Proto: https']

  async function tries(door: Door, lines: readonly string[]): Promise<void> {
    for (const wish of wishes) {
      for (const origin of [[], [`Origin: https://${SERVED}`]]) {
        const answer = await door.ask(wish, [...lines, ...origin])
        expect(answer, `${wish} ${lines.join()}`).toMatchObject({ status: 401, code: 'missing_token' })
        expect(answer.headers).not.toHaveProperty('set-cookie')
      }
    }
    for (const path of ['/ws', '/xopc/api/probe/ws']) {
      expect((await door.shake(path, [...lines, `Origin: https://${SERVED}`])).status, `${path} ${lines.join()}`).toBe(401)
    }
  }

  /** The owner's own request, beside which somebody is named: for the app it stays the owner's. */
  async function besideTheOwner(door: Door, lines: readonly string[]): Promise<void> {
    const { status, body } = await door.ask('GET /headers', [house.bearer, ...lines])
    expect([status, body]).toEqual([200, expect.stringContaining('"X-Xopc-User","owner"')])
    expect(body).not.toMatch(/tailscale|alice/i)
  }

  describe.each(['Serve to a socket', 'the socket'])('%s', (name) => {
    it('lets nobody in by it, and tells the app of nobody', async () => {
      const proxy = name === 'the socket' ? asProxy() : []
      for (const lines of name === 'the socket' ? spellings : [[], spellings.flat()]) {
        await tries(doors[name]!, [...lines, ...proxy])
        await besideTheOwner(doors[name]!, [...lines, ...proxy])
      }
    })
  })

  it('gives a session at POST /api/session, and at no other spelling of it', async () => {
    cookieIn(await askForSession(house.serve))
    for (const request of [
      'PUT /xopc/api/session',
      'GET /xopc/api/session',
      'POST /xopc/api/session/',
      'POST /XOPC/api/session',
      'POST /api/session',
    ]) {
      const answer = await house.serve.ask(request, [`Origin: https://${SERVED}`])
      expect([401, 404, 405], `${request} ${answer.body}`).toContain(answer.status)
      expect(answer.headers).not.toHaveProperty('set-cookie')
    }
    const typed = await house.serve.ask('POST /xopc/api/session', [`Origin: https://${SERVED}`, JSON_LINE], { body: `{"user":"${ALICE}"}` })
    expect([typed.status, typed.headers]).toEqual([400, expect.not.objectContaining({ 'set-cookie': expect.anything() })])
  })

  it('Serve to a port, and the port: the same', async () => {
    expect((await house.gateway.xopc(['config', 'set', 'gateway.auth.allowTailscale=false'])).code).toBe(0)
    await expect.poll(() => house.beside().then(() => 'a port', String), { timeout: 15_000 }).toBe('a port')
    const beside = await house.beside()
    await expect.poll(async () => (await house.serve.ask('GET /xopc/api/status')).status, { timeout: 15_000 }).toBe(401)
    await tries(house.serve, spellings.flat())
    await besideTheOwner(house.serve, spellings.flat())
    for (const lines of spellings) await tries(beside, [...lines, ...asProxy()])
    await besideTheOwner(beside, [...spellings.flat(), ...asProxy()])
    for (const door of [house.serve, beside]) {
      const answer = await askForSession(door, [...spellings[0]!, ...asProxy()])
      expect([answer.status, answer.headers]).toEqual([403, expect.not.objectContaining({ 'set-cookie': expect.anything() })])
    }
  })
})
