import { beforeAll, describe, expect, it } from 'vitest'
import { tunnelPeers } from '../e2e/tunnel/house.ts'
import { otherComputer } from '../support/netns.ts'
import { needsPeer } from '../support/peers.ts'
import { type Door, PROXY_SECRET, proxied, seenByApp } from './doors.ts'
import { JSON_LINE, openTunnelHouse, type TunnelHouse } from './tunnels.ts'

// Where a proxy of one's own signs people in, it proves itself by a secret. Visitors of the tunnel have not come by that proxy, whatever they know.

const user = 'X-Forwarded-User: anna'
const proof = `X-Xopc-Proxy-Secret: ${PROXY_SECRET}`
const claims: readonly (readonly string[])[] = [
  [user],
  [user, 'X-Xopc-Proxy-Secret: wrong-wrong-wrong-wrong'],
  [user, proof],
  [user, proof, 'X-Forwarded-For: 127.0.0.1', 'X-Forwarded-Host: gateway.test', 'X-Forwarded-Proto: https'],
  [user, proof, 'X-Real-IP: 127.0.0.1', 'Forwarded: for=127.0.0.1'],
  [proof],
]

needsPeer([...tunnelPeers, 'netns'], 'what a proxy of one’s own would write, written by a visitor of the tunnel', (frps, frpc, ip) => {
  const houses: Record<string, TunnelHouse> = {}
  const doors: Record<string, (house: TunnelHouse) => Door> = {
    'through frps': ({ visitor }) => visitor,
    'from an address that is trusted': ({ from }) => from('10.231.0.9'),
    'from a broker that lets everything pass': ({ socket }) => socket,
  }
  beforeAll(async () => {
    const given = { programs: [frps, frpc], app: true } as const
    // A device joins by an address at which it could reach the gateway.
    const { hostAddress: bind } = await otherComputer(ip)
    houses['with a secret'] = await openTunnelHouse({ ...given, gateway: { ...proxied, bind } })
    const { broker } = houses['with a secret']
    const unproven = { ...proxied, bind, auth: { mode: 'trusted-proxy', trustedProxy: {} } }
    houses['without one'] = await openTunnelHouse({ ...given, broker, gateway: unproven })
  }, 90_000)

  describe.each(['with a secret', 'without one'])('%s', (which) => {
    it.each(Object.keys(doors))('%s: signs nobody in', async (way) => {
      const house = houses[which]!
      const door = doors[way]!(house)
      for (const lines of claims) {
        const answer = await door.ask('GET /xopc/api/status', lines)
        expect(answer, lines.join()).toMatchObject({ status: 401 })
        expect(await door.ask('GET /headers', lines)).toMatchObject({ status: 401 })
        expect((await door.shake('/ws', lines)).status).toBe(401)
        const signIn = await door.ask('POST /xopc/api/session', [`Origin: ${house.url}`, JSON_LINE, ...lines], { body: '{}' })
        expect(signIn.headers).not.toHaveProperty('set-cookie')
        expect(await house.local.ask('GET /xopc/api/status', [user, proof, 'X-Forwarded-For: 203.0.113.9'])).toMatchObject({ status: 200 })
      }
    })

    it.each(Object.keys(doors))('%s: a device of the owner’s is who it is, and the app hears of nobody else', async (way) => {
      const house = houses[which]!
      const device = `Authorization: Bearer ${await pairedDevice(house)}`
      for (const lines of claims) {
        const { headers } = await seenByApp(doors[way]!(house), [device, ...lines])
        expect(headers['x-xopc-user']).toMatch(/^device:/)
        expect(JSON.stringify(headers)).not.toContain('anna')
        expect(JSON.stringify(headers)).not.toContain(PROXY_SECRET)
      }
    })
  })
})

/** A device that joined by a code. Throws what was answered where it could not. */
async function pairedDevice(house: TunnelHouse): Promise<string> {
  const minted = await house.control.ask('POST /xopc/api/pair', [JSON_LINE], { body: '{}' })
  const secret = /ps=([\w-]+)/.exec(minted.body)?.[1]
  const joined = await house.visitor.ask('POST /xopc/api/tunnel/exchange-token', [JSON_LINE], {
    body: JSON.stringify({ pairingSecret: secret }),
  })
  // `as`: what the exchange answers.
  const { token } = JSON.parse(joined.body) as { token?: string }
  if (token === undefined) throw new Error(minted.body + joined.body)
  return token
}
