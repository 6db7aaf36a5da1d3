import { beforeAll, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { secondUser } from '../support/second-user.ts'
import { tailnetPeers } from '../support/tailnet.ts'
import { identityClaims, LOGIN } from './claims.ts'
import type { Door } from './doors.ts'
import { ALICE, askForSession, openTailnetHouse, SERVED, type TailnetHouse } from './tailnets.ts'

// Where Tailscale leads to no socket it leads to a port, at which every program of the computer can write what Tailscale's proxy writes: the
// login, the address of that person in the tailnet, the name. Everything agrees then, also with whois.

needsPeer(tailnetPeers, 'identity headers of Tailscale, written at the port that it leads to', () => {
  let [house, door]: [TailnetHouse, Door] = [undefined as never, undefined as never]
  beforeAll(async () => {
    house = await openTailnetHouse({ identity: true, app: true, user: await secondUser() })
    door = await house.beside()
  }, 60_000)

  const claims = () =>
    [`X-Forwarded-For: ${house.tailnet.node('b').ip}`, 'X-Forwarded-For: 100.64.0.1', ''].flatMap((address) =>
      [[`Tailscale-User-Login: ${ALICE}`], ...identityClaims.map((lines) => lines.map((line) => line.replaceAll(LOGIN, ALICE)))].map(
        (lines) => [...lines, ...(address === '' ? [] : [address]), 'X-Forwarded-Proto: https', `X-Forwarded-Host: ${SERVED}`],
      ),
    )

  it('give no session, whatever agrees', async () => {
    for (const lines of claims()) {
      for (const host of [SERVED, 'localhost', door.host]) {
        const answer = await askForSession(door, lines, undefined, host)
        expect(answer, lines.join()).toMatchObject({ status: 409, code: 'TAILSCALE_IDENTITY_UNAVAILABLE' })
        expect(answer.headers).not.toHaveProperty('set-cookie')
      }
    }
  })

  it('let nobody in', async () => {
    for (const lines of claims()) {
      expect(await door.ask('GET /xopc/api/status', lines), lines.join()).toMatchObject({ status: 401, code: 'missing_token' })
      expect(await door.ask('GET /headers', lines)).toMatchObject({ status: 401 })
      expect((await door.shake('/ws', lines)).status).toBe(401)
    }
  })

  it('nor is Alice herself signed in there, whom nobody can tell from such a program', async () => {
    expect(await askForSession(house.serve)).toMatchObject({ status: 409, code: 'TAILSCALE_IDENTITY_UNAVAILABLE' })
  })
})
