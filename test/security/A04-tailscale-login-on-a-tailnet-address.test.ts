import { beforeAll, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { type Tailnet, tailnetPeers } from '../support/tailnet.ts'
import { startTailnetGateway } from '../support/tailnet/gateway.ts'
import { identityClaims, LOGIN } from './claims.ts'
import type { Door } from './doors.ts'
import { ALICE, askForSession, tailnetOfAlice, visitor } from './tailnets.ts'

// The gateway listens at the computer's address in the tailnet, and Alice dials that: Tailscale would even say that the address is hers, but it
// has looked at nothing that she wrote.

needsPeer([...tailnetPeers, 'tun'], 'identity headers of Tailscale, sent to a tailnet address', () => {
  let [tailnet, gateway, door]: [Tailnet, RunningGateway, Door] = [undefined as never, undefined as never, undefined as never]
  beforeAll(async () => {
    tailnet = await tailnetOfAlice({ tun: 'a' })
    const { ip } = tailnet.node('a')
    gateway = await startTailnetGateway(tailnet, 'a', { config: { gateway: { bind: ip, auth: { allowTailscale: true } } } })
    const origin = `http://${ip}:${gateway.port}`
    door = visitor(() => tailnet.openFrom('b', origin), `${ip}:${gateway.port}`)
  }, 60_000)

  it('name nobody, although the address is that person’s', async () => {
    await expect.poll(() => door.ask('GET /health').catch(String), { timeout: 10_000 }).toMatchObject({ status: 200 })
    const seen = await door.ask('GET /xopc/api/probe/request', [`Authorization: Bearer ${gateway.token}`])
    expect(JSON.parse(seen.body)).toMatchObject({ ingress: 'lan', client: tailnet.node('b').ip })
    const claims = [...identityClaims.map((lines) => lines.map((line) => line.replaceAll(LOGIN, ALICE))), []]
    for (const lines of claims) {
      for (const sent of [lines, [...lines, `X-Forwarded-For: ${tailnet.node('b').ip}`]]) {
        expect(await door.ask('GET /xopc/api/status', sent), sent.join()).toMatchObject({ status: 401, code: 'missing_token' })
        expect((await door.shake('/xopc/api/probe/ws', sent)).status).toBe(401)
        for (const origin of [`http://${door.host}`, '']) {
          const answer = await askForSession(door, sent, origin)
          expect(answer, sent.join()).toMatchObject({ status: 401, code: 'missing_token' })
          expect(answer.headers).not.toHaveProperty('set-cookie')
        }
      }
    }
  })
})
