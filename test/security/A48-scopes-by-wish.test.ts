import { beforeAll, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { signIn } from './browsers.ts'
import { type House, openHouse } from './doors.ts'
import { exchange, joinedOf, mint } from './pairing.ts'

// What a credential may do stands in the gateway's own record. A client can wish for more wherever it may say something; nobody reads it.

const wishes = [
  { scopes: ['read', 'run', 'pair', 'admin'] },
  { scope: 'admin' },
  { admin: true },
  { device: { scopes: ['admin'] } },
  { __proto__: { scopes: ['admin'] } },
]
const json = 'Content-Type: application/json'

needsPeer('netns', 'scopes that the client asks for', (ip) => {
  let house: House
  beforeAll(async () => {
    house = await openHouse({ ip })
  })

  it.each(wishes.map((wish) => [JSON.stringify(wish), wish]))(
    'with a pairing code, %s: the device gets what the code was minted for',
    async (_, wish) => {
      const { secret } = await mint(house)
      const answer = await exchange(house.doors.lan, { pairingSecret: secret, ...wish }, ['X-Xopc-Scopes: admin', 'X-Scopes: admin'])
      const device = joinedOf(answer)
      expect((JSON.parse(answer.body) as { device: { scopes: string[] } }).device.scopes).toEqual(['read', 'run'])
      expect(await house.doors.lan.ask('GET /xopc/api/config', [device.bearer])).toMatchObject({ status: 403, code: 'SCOPE_MISSING' })
      expect(await house.doors.lan.ask('GET /xopc/api/config', [device.bearer, 'X-Xopc-Scopes: admin'])).toMatchObject({ status: 403 })
    },
  )

  it.each(wishes.map((wish) => [JSON.stringify(wish), wish]))('with a ticket, %s: it carries read and run at most', async (_, wish) => {
    const { secret } = await mint(house)
    const device = joinedOf(await exchange(house.doors.lan, { pairingSecret: secret }))
    for (const bearer of [house.bearer, device.bearer]) {
      const asked = await house.doors.lan.ask('POST /xopc/api/ticket', [bearer, json], { body: JSON.stringify({ for: 'events', ...wish }) })
      const ticket = /xopc_tk_[\w-]+/.exec(asked.body)?.[0]
      if (ticket === undefined) expect(asked.status).toBe(400)
      else expect((await house.doors.lan.ask(`GET /xopc/api/config?ticket=${ticket}`)).status).not.toBe(200)
    }
  })

  it.each(wishes.map((wish) => [JSON.stringify(wish), wish]))(
    'with a session, %s: the cookie alone stays at read and run',
    async (_, wish) => {
      const { local } = house.doors
      const origin = `http://${local.host}`
      const token = house.gateway.token
      const asked = await local.ask('POST /xopc/api/session', [json, `Origin: ${origin}`], { body: JSON.stringify({ token, ...wish }) })
      const made =
        asked.status === 200 ? `Cookie: ${asked.headers['set-cookie']?.split(';')[0]}` : (await signIn(house, local, origin)).cookie
      expect(await local.ask('GET /xopc/api/config', [made])).toMatchObject({ status: 403, code: 'SCOPE_MISSING' })
    },
  )

  it('a file that grants them is the owner’s word, and nothing else is', async () => {
    const { secret } = await mint(house, { admin: true })
    const admin = joinedOf(await exchange(house.doors.lan, { pairingSecret: secret, scopes: ['read'] }))
    expect((await house.doors.lan.ask('GET /xopc/api/config', [admin.bearer])).status).toBe(200)
  })
})
