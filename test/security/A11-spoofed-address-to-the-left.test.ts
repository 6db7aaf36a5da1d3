import { expect, it } from 'vitest'
import { authModes, guess, openHouse, seenByGateway } from './doors.ts'

// Proxies append the address they see; what stands left of it is the client's own word.

const real = '203.0.113.9'
const trustedProxies = ['127.0.0.1', '10.0.0.0/8', 'fd00::/8']
const token = await openHouse({ app: true, gateway: { trustedProxies } })

const chains: readonly (readonly [string, readonly string[], string])[] = [
  ['one spoofed address', [`X-Forwarded-For: 6.6.6.6, ${real}`], real],
  ['loopback as a spoof', [`X-Forwarded-For: 127.0.0.1, ${real}`], real],
  ['a trusted address as a spoof', [`X-Forwarded-For: 10.0.0.7, ${real}`], real],
  ['a trusted hop between spoof and client', [`X-Forwarded-For: 6.6.6.6, 10.0.0.7, ${real}`], real],
  ['trusted hops to the right', [`X-Forwarded-For: 6.6.6.6, ${real}, 10.0.0.7, ::ffff:10.0.0.8, fd00::1, 127.0.0.1`], real],
  ['a line of its own', ['X-Forwarded-For: 6.6.6.6', `x-forwarded-for: ${real}`], real],
  ['three lines', ['X-Forwarded-For: 127.0.0.1', 'X-FORWARDED-FOR: 6.6.6.6, 10.0.0.1', `X-Forwarded-For: ${real}, 10.0.0.1`], real],
  ['blanks', [`X-Forwarded-For:   6.6.6.6 ,\t${real}  `], real],
  ['no blanks', [`X-Forwarded-For: 6.6.6.6,${real}`], real],
  ['a v4-mapped client', [`X-Forwarded-For: 6.6.6.6, ::ffff:${real}`], real],
  ['a v4-mapped client in hexadecimal', ['X-Forwarded-For: 6.6.6.6, ::FFFF:cb00:7109'], real],
  ['an IPv6 client', ['X-Forwarded-For: 6.6.6.6, 2001:DB8::7'], '2001:db8::7'],
  ['a Forwarded that says otherwise', [`Forwarded: for=6.6.6.6`, `X-Forwarded-For: ${real}`], real],
  ['a twin to its right', [`X-Forwarded-For: ${real}`, 'X_Forwarded_For: 6.6.6.6'], real],
]

it.each(['local', 'proxy'] as const)(
  '%s: the client is the first from the right that is no trusted proxy, for us and for the app',
  async (name) => {
    const door = token.doors[name]
    for (const [title, lines, client] of chains) {
      expect(await seenByGateway(token, door, lines), title).toMatchObject({ client, proxied: true })
      const { headers } = await token.seenByApp(door, lines)
      expect(headers['x-forwarded-for'], title).toBe(client)
    }
  },
)

it.each(['local', 'proxy'] as const)('%s: who guesses is blocked however the spoof changes, and others are not', async (name) => {
  const { doors } = await openHouse({ gateway: { auth: authModes.password, trustedProxies } })
  const statuses = await guess(doors[name], 7, (n) => [`X-Forwarded-For: 6.6.6.${n}, 198.51.100.7`])
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429])
  expect((await guess(doors[name], 1, () => ['X-Forwarded-For: 198.51.100.7']))[0]).toBe(429)
  expect((await guess(doors[name], 1, () => ['X-Forwarded-For: 198.51.100.7, 198.51.100.8']))[0]).toBe(401)
})
