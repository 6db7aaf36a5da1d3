import { beforeAll, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { tailnetPeers } from '../support/tailnet.ts'
import { type Door, guess } from './doors.ts'
import { askForSession, JSON_LINE, openTailnetHouse, SERVED, type TailnetHouse } from './tailnets.ts'

// The port that Tailscale leads to is on loopback. A program of this computer that finds it may write what Tailscale's proxy writes there, and
// gets by that nothing that it would not get at the ordinary port: it is no proxy, not local, and limited like everybody.

needsPeer(tailnetPeers, 'a program that speaks with the port that Tailscale leads to', () => {
  let [house, door]: [TailnetHouse, Door] = [undefined as never, undefined as never]
  beforeAll(async () => {
    house = await openTailnetHouse()
    door = await house.beside()
  }, 60_000)

  const local = ['X-Forwarded-For: 127.0.0.1', 'X-Forwarded-Proto: http']
  const names = () => [door.host, house.local.host, 'localhost', 'localhost:18790', '127.0.0.1', '[::1]:18790', 'evil.example']

  it('has no loopback name there', async () => {
    for (const host of names()) {
      for (const lines of [[], local, [...local, `X-Forwarded-Host: ${host}`]]) {
        for (const path of ['/xopc/api/status', '/xopc/api/overview', '/metrics', '/xopc/api/config']) {
          const answer = await door.ask(`GET ${path}`, lines, { host })
          expect(answer, `${host} ${path} ${lines.join()}`).toMatchObject({ status: 421, code: 'UNKNOWN_HOST' })
        }
        expect((await door.shake('/xopc/api/probe/ws', lines, { host })).status).toBe(421)
        const foreign = await door.ask('GET /xopc/api/status', [...lines, `Origin: http://${host}`], { host })
        expect(foreign, host).toMatchObject({ status: 403, code: 'FOREIGN_ORIGIN' })
      }
    }
  })

  it('learns by the name of the tailnet what a stranger learns, and not the addresses of the network', async () => {
    for (const lines of [
      [],
      local,
      [`X-Forwarded-For: ${house.tailnet.node('b').ip}`, 'X-Forwarded-Proto: https', `X-Forwarded-Host: ${SERVED}`],
    ]) {
      expect(await door.ask('GET /xopc/api/status', lines, { host: SERVED })).toMatchObject({ status: 401, code: 'missing_token' })
      const ping = JSON.parse((await door.ask('GET /xopc/api/tunnel/pair/ping', lines, { host: SERVED })).body) as { connectUrls: string[] }
      expect(ping.connectUrls.filter((url) => !url.endsWith(`//${SERVED}`))).toEqual([])
    }
    expect((await askForSession(door, local, `http://${door.host}`, door.host)).headers).not.toHaveProperty('set-cookie')
  })

  it('has no loopback origin signed, which only who dialled it here may have', async () => {
    for (const host of names()) {
      for (const lines of [[], [`X-Forwarded-Host: ${host}`, 'X-Forwarded-Proto: http']]) {
        const body = JSON.stringify({ nonce: 'n'.repeat(43), origin: `http://${host}` })
        const answer = await door.ask('POST /xopc/api/gateway-identity/challenge', [JSON_LINE, ...lines], { host, body })
        expect([400, 421], `${host} ${answer.body}`).toContain(answer.status)
        expect(answer.body).not.toContain('signature')
      }
    }
  })

  it('is never local, and no proxy but for who came', async () => {
    const seen = async (lines: readonly string[]) =>
      JSON.parse((await door.ask('GET /xopc/api/probe/request', [house.bearer, ...lines])).body) as unknown
    expect(await seen(local)).toMatchObject({ ingress: 'tailscale', client: '127.0.0.1', peer: '127.0.0.1' })
    expect(await seen(['X-Forwarded-For: control'])).toMatchObject({ code: 'FORWARDED_INVALID' })
    expect(await seen(['X-Forwarded-For: 203.0.113.9, 100.64.0.2'])).toMatchObject({ client: '100.64.0.2' })
    expect(await seen(['X-Real-IP: 203.0.113.9', 'Forwarded: for=203.0.113.9'])).toMatchObject({ client: '127.0.0.1' })
  })

  it('is limited: silent about itself as one source, and as whom it claims to be', async () => {
    const { ip } = house.tailnet.node('b')
    for (const lines of [[], ['X-Forwarded-For: 198.51.100.7'], ['X-Forwarded-For: 198.51.100.99, 198.51.100.8']]) {
      const statuses = await guess(door, 12, () => [...lines, `X-Forwarded-Host: ${SERVED}`])
      expect(statuses.slice(-2), lines.join()).toEqual([429, 429])
    }
    // Alice, whom nobody played, is not.
    const asked = await house.serve.ask('GET /xopc/api/status', ['Authorization: Bearer wrong-but-not-blocked'])
    expect([asked.status, ip === '127.0.0.1']).toEqual([401, false])
  })
})
