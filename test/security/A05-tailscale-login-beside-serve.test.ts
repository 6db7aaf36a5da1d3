import { beforeAll, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { tailnetPeers } from '../support/tailnet.ts'
import { identityClaims, LOGIN } from './claims.ts'
import type { Door } from './doors.ts'
import { ALICE, askForSession, openTailnetHouse, SERVED, type TailnetHouse, visitor } from './tailnets.ts'

// Tailscale may lead to the gateway by other ways than ours: an entry that somebody made by hand, which leads to the ordinary port with the very
// same headers, and (where it has no network interface) its own delivery of a plain connection to that port, from loopback, with any headers.

const byHand = `${SERVED}:8443`

needsPeer(tailnetPeers, 'identity headers of Tailscale by a way that is not ours', () => {
  let house: TailnetHouse
  const doors: Record<string, Door> = {}
  beforeAll(async () => {
    // The trust that makes X-Forwarded-For count, so that whois would agree.
    const listed = { trustedProxies: ['127.0.0.1', '::1'], publicUrl: `https://${byHand}` }
    house = await openTailnetHouse({ identity: true, app: true, gateway: listed })
    const { tailnet, gateway } = house
    await tailnet.cli('a', ['serve', '--bg', '--https=8443', String(gateway.port)])
    const { ip } = tailnet.node('a')
    doors['an entry made by hand'] = visitor(() => tailnet.openFrom('b', `https://${byHand}`), byHand)
    doors['the port itself'] = visitor(() => tailnet.openFrom('b', `http://${ip}:${gateway.port}`), `127.0.0.1:${gateway.port}`)
  }, 60_000)

  it('our own entry signs her in, so that there is something to be had', async () => {
    expect(await askForSession(house.serve)).toMatchObject({ status: 200 })
  })

  it.each(['an entry made by hand', 'the port itself'])('%s: lets nobody in, and the app hears of nobody', async (name) => {
    const door = doors[name]!
    const { ip } = house.tailnet.node('b')
    const origin = name === 'the port itself' ? `http://${door.host}` : `https://${door.host}`
    // What comes by hand's entry are the visitor's true names, by the word of Tailscale itself.
    const seen = await door.ask('GET /xopc/api/probe/request', [house.bearer])
    expect(JSON.parse(seen.body)).toMatchObject({
      ingress: 'local',
      peer: '127.0.0.1',
      client: name === 'the port itself' ? '127.0.0.1' : ip,
    })
    const claims = [[], ...identityClaims.map((lines) => lines.map((line) => line.replaceAll(LOGIN, ALICE)))]
    for (const lines of claims.flatMap((each) => [
      each,
      [...each, `X-Forwarded-For: ${ip}`, `X-Forwarded-Host: ${byHand}`, 'X-Forwarded-Proto: https'],
    ])) {
      expect(await door.ask('GET /xopc/api/status', lines), lines.join()).toMatchObject({ status: 401, code: 'missing_token' })
      expect(await door.ask('GET /headers', lines)).toMatchObject({ status: 401 })
      expect((await door.shake('/ws', lines)).status).toBe(401)
      for (const claimed of [origin, `https://${byHand}`, '']) {
        const answer = await askForSession(door, lines, claimed)
        expect([401, 403], answer.body).toContain(answer.status)
        expect(answer.headers).not.toHaveProperty('set-cookie')
      }
    }
    const { body } = await door.ask('GET /headers', [house.bearer, ...claims.flat()])
    expect(body).toContain('"X-Xopc-User","owner"')
    expect(body.replaceAll(/"X-Forwarded-For","[^"]*"/g, '')).not.toMatch(/tailscale-|alice/i)
  })
})
