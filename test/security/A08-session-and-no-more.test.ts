import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { controlRoutes } from '../../src/lib/gateway/control/routes/table.ts'
import { needsPeer } from '../support/peers.ts'
import { tailnetPeers } from '../support/tailnet.ts'
import type { Answer } from './doors.ts'
import { ALICE, askForSession, cookieIn, JSON_LINE, openTailnetHouse, SERVED, type TailnetHouse } from './tailnets.ts'

// Whom Tailscale names may look, and use the app. Nothing that they add makes more of it: what changes the gateway, or lets others in, is the owner's.

needsPeer(tailnetPeers, 'the session of somebody whom Tailscale names', () => {
  let [house, cookie]: [TailnetHouse, string] = [undefined as never, '']
  beforeAll(async () => {
    house = await openTailnetHouse({ identity: true })
    cookie = cookieIn(await askForSession(house.serve))
  }, 60_000)
  const page = [`Origin: https://${SERVED}`, JSON_LINE]

  /** What Tailscale's proxy writes for her, her name last. */
  const asProxy = () => [
    `X-Forwarded-Host: ${SERVED}`,
    'X-Forwarded-Proto: https',
    `X-Forwarded-For: ${house.tailnet.node('b').ip}`,
    `Tailscale-User-Login: ${ALICE}`,
  ]

  /** A session that the owner starts by the token: cookie and key. */
  async function owner(): Promise<Record<'cookie' | 'key', string>> {
    const body = JSON.stringify({ token: house.gateway.token })
    const answer = await house.serve.ask('POST /xopc/api/session', page, { body })
    // `as`: what POST /api/session answers.
    const { sessionKey } = JSON.parse(answer.body) as { sessionKey: string }
    return { cookie: cookieIn(answer), key: `X-Xopc-Token: ${sessionKey}` }
  }

  it('has no key', async () => {
    const answer = await askForSession(house.serve)
    expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { origin: `https://${SERVED}` }])
    expect(answer.headers['set-cookie']).toMatch(
      /^__Host-xopc_session=[\w-]{43}; .*HttpOnly.*Secure|^__Host-xopc_session=[\w-]{43}; .*Secure.*HttpOnly/,
    )
    expect(answer.body + JSON.stringify(answer.headers)).not.toContain('xopc_sk_')
  })

  it('is read and run: every other route is closed to it, whatever stands beside the cookie', async () => {
    const before = await readFile(join(house.gateway.stateDir, 'xopc.json'), 'utf8')
    const { key } = await owner()
    const closed = controlRoutes.filter(({ scope }) => scope === 'admin' || scope === 'pair' || scope === 'probe')
    expect(closed.length).toBeGreaterThan(25)
    const added = [[], [key], [`X-Xopc-Token: xopc_sk_${'A'.repeat(43)}`, 'X-Xopc-User: owner']]
    const asked = closed.flatMap(({ method, path }) =>
      added.map((lines) => [`${method} /xopc${path.replaceAll(/:\w+/g, 'tailscale')}`, lines] as const),
    )
    for (const [request, lines] of asked) {
      const answer = await house.serve.ask(request, [cookie, ...page, ...lines])
      expect(answer, `${request} ${lines.join()}`).toMatchObject({ status: 403, code: 'SCOPE_MISSING' })
    }
    const patch = { body: JSON.stringify({ 'gateway.auth.mode': 'none', 'gateway.upstream.url': 'http://127.0.0.1:1' }) }
    expect(await (await house.socket()).ask('PATCH /xopc/api/config', [cookie, ...page, key, ...asProxy()], patch)).toMatchObject({
      status: 403,
    })
    expect((await house.serve.shake('/xopc/api/probe/ws', [cookie, `Origin: https://${SERVED}`])).status).toBe(403)
    expect(await readFile(join(house.gateway.stateDir, 'xopc.json'), 'utf8')).toBe(before)
    expect(await house.serve.ask('GET /xopc/api/status', [cookie])).toMatchObject({ status: 200 })
  }, 60_000)

  it('gives no ticket for more', async () => {
    const ticket = (use: string) => house.serve.ask('POST /xopc/api/ticket', [cookie, ...page], { body: JSON.stringify({ for: use }) })
    expect(await ticket('probe')).toMatchObject({ status: 403, code: 'SCOPE_MISSING' })
    const claimed = { body: JSON.stringify({ for: 'events', scopes: ['admin'] }) }
    expect(await house.serve.ask('POST /xopc/api/ticket', [cookie, ...page], claimed)).toMatchObject({ status: 400 })
    for (const path of ['config', 'devices', 'logs', 'audit', 'probe/request']) {
      // `as`: what POST /api/ticket answers.
      const { ticket: text } = JSON.parse((await ticket('events')).body) as { ticket: string }
      expect([401, 403], path).toContain((await house.serve.ask(`GET /xopc/api/${path}?ticket=${text}`)).status)
      expect([401, 403], path).toContain((await house.serve.ask(`GET /xopc/api/${path}`, [`Authorization: Bearer ${text}`])).status)
    }
  })

  it('is no session at another door, and none of another person', async () => {
    const socket = await house.socket()
    const by = async (lines: readonly string[]) =>
      (await socket.ask('GET /xopc/api/status', [cookie, ...asProxy().slice(0, -1), ...lines])).status
    expect(await by(['Tailscale-User-Login: alice@example.com'])).toBe(200)
    expect(await by([])).toBe(401)
    expect(await by(['Tailscale-User-Login: bob@example.com'])).toBe(401)
    expect(await by(['Tailscale-User-Login: alice@example.com', 'Tailscale-User-Login: bob@example.com'])).toBe(401)
    const local: Answer = await house.local.ask('GET /xopc/api/status', [cookie, 'Tailscale-User-Login: alice@example.com'], {
      host: SERVED,
    })
    expect(local.status).toBe(401)
  })

  it('cannot push those of the owner out by being made again and again', async () => {
    const mine = await owner()
    const again = await Promise.all(Array.from({ length: 20 }, () => askForSession(house.serve)))
    expect(again.map(({ status }) => status)).toEqual(again.map(() => 200))
    expect((await house.serve.ask('GET /xopc/api/status', [cookie])).status).toBe(401)
    expect((await house.serve.ask('GET /xopc/api/config', [mine.cookie, mine.key])).status).toBe(200)
    const { counts } = JSON.parse((await house.control.ask('GET /xopc/api/status')).body) as { counts: { sessions: number } }
    expect(counts.sessions).toBeLessThan(25)
  })
})
