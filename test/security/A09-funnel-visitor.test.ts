import { beforeAll, describe, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { tailnetPeers } from '../support/tailnet.ts'
import { identityClaims, LOGIN } from './claims.ts'
import type { Door } from './doors.ts'
import { ALICE, askForSession, cookieIn, openTailnetHouse, SERVED, type TailnetHouse, visitor } from './tailnets.ts'

// Who comes by Funnel comes to the same socket as the devices of the tailnet, and can write any header.

const user = `Tailscale-User-Login: ${ALICE}`
const claims = [
  ...identityClaims.map((lines) => lines.map((line) => line.replaceAll(LOGIN, ALICE))),
  [],
  [user, 'Tailscale-Funnel-Request: ?0'],
  [user, 'Tailscale-Funnel-Request: '],
  [user, 'Tailscale-Funnel-Request: ?0', 'Tailscale-Funnel-Request: ?0'],
  ['Tailscale_User_Login: alice@example.com', 'Tailscale_Funnel_Request: ?0'],
  [user, 'Connection: close, Tailscale-Funnel-Request'],
  [user, 'Connection: close, X-Forwarded-For'],
  ['Tailscale-User-Login: =?utf-8?q?alice=40example.com?='],
]

needsPeer(tailnetPeers, 'a visitor whom Tailscale does not know, and who says to be somebody', () => {
  let [house, cookie]: [TailnetHouse, string] = [undefined as never, '']
  const doors: Record<string, Door> = {}
  beforeAll(async () => {
    house = await openTailnetHouse({ mode: 'funnel', identity: true, app: true })
    const { tailnet, funnel } = house
    doors['a stranger'] = funnel
    // The server of Funnel says where a visitor comes from; even then the way is what counts.
    doors['her own address'] = visitor(() => tailnet.openFunnel(`https://${SERVED}`, `${tailnet.node('b').ip}:4242`))
    cookie = cookieIn(await askForSession(house.serve))
  }, 60_000)

  async function isNobody(door: Door, lines: readonly string[]): Promise<void> {
    const answer = await askForSession(door, lines)
    expect(answer, lines.join()).toMatchObject({ status: 401, code: 'TAILSCALE_NOBODY' })
    expect(answer.headers).not.toHaveProperty('set-cookie')
    expect(await door.ask('GET /xopc/api/status', lines)).toMatchObject({ status: 401 })
    expect(await door.ask('GET /headers', lines)).toMatchObject({ status: 401 })
    expect((await door.shake('/ws', lines)).status).toBe(401)
  }

  describe.each(['a stranger', 'her own address'])('by Funnel, from %s', (name) => {
    it('is nobody', async () => {
      const { ip } = house.tailnet.node('b')
      for (const lines of claims) await isNobody(doors[name]!, [...lines, `X-Forwarded-For: ${ip}`, `X-Real-IP: ${ip}`])
    })

    it('is nobody with her cookie either, which is good from the tailnet alone', async () => {
      expect((await house.serve.ask('GET /xopc/api/status', [cookie])).status).toBe(200)
      for (const lines of [[], [user], [user, 'Tailscale-Funnel-Request: ?0']]) {
        expect((await doors[name]!.ask('GET /xopc/api/status', [cookie, ...lines])).status).toBe(401)
        expect((await doors[name]!.ask('GET /headers', [cookie, ...lines])).status).toBe(401)
        expect((await doors[name]!.shake('/ws', [cookie, ...lines])).status).toBe(401)
      }
    })

    it('is not named to the app by the owner’s own request', async () => {
      const { body } = await doors[name]!.ask('GET /headers', [
        house.bearer,
        ...claims.flat().filter((line) => !line.startsWith('Connection')),
      ])
      expect(body).toContain('"X-Xopc-User","owner"')
      expect(body).not.toMatch(/tailscale-|alice/i)
    })
  })

  it('is nobody by any mark of Funnel, should Tailscale ever let her name pass beside it', async () => {
    const socket = await house.socket()
    const proxy = [`X-Forwarded-For: ${house.tailnet.node('b').ip}`, `X-Forwarded-Host: ${SERVED}`, 'X-Forwarded-Proto: https']
    expect((await askForSession(socket, [...proxy, user])).status).toBe(200)
    for (const mark of ['?1', '?0', '', 'anything']) await isNobody(socket, [...proxy, user, `tailscale-funnel-request: ${mark}`])
    for (const lines of [
      [user, user],
      [`${user}, root@example.com`],
      ['Tailscale_User_Login: alice@example.com'],
      ['Tailscale-User-Login: '],
    ])
      await isNobody(socket, [...proxy, ...lines])
    // It says itself who has the address, too.
    for (const address of ['203.0.113.7', house.tailnet.node('a').ip, '100.99.99.99', '127.0.0.1'])
      await isNobody(socket, [`X-Forwarded-For: ${address}`, ...proxy.slice(1), user])
  })

  it('a node that belongs to nobody is nobody, whatever it writes', async () => {
    await house.tailnet.admin('tag?node=node-b&tag=tag:server')
    await house.tailnet.until('a', 'to see the tag', (status) => JSON.stringify(status).includes('tag:server'))
    for (const lines of claims) await isNobody(house.serve, lines)
    expect((await house.serve.ask('GET /xopc/api/status', [cookie])).status).toBe(401)
  })
})
