import { beforeAll, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { type House, openHouse } from './doors.ts'
import { exchange, joinedOf, mint } from './pairing.ts'

// Two codes wait at once. What is done to one is done by its own id or secret: "the latest" may have been swapped for another meanwhile.

needsPeer('netns', 'two codes at once', (ip) => {
  let house: House
  beforeAll(async () => {
    house = await openHouse({ ip })
  })

  const look = async (id: string): Promise<Record<string, unknown>> =>
    JSON.parse((await house.doors.local.ask(`GET /xopc/api/pair/${id}`, [house.bearer])).body) as Record<string, unknown>

  it('who brings the first gets what the first was for, although a mightier one came after it', async () => {
    const small = await mint(house, { name: 'Small' })
    const mighty = await mint(house, { admin: true, name: 'Mighty' })
    const answer = await exchange(house.doors.lan, { pairingSecret: small.secret })
    expect(JSON.parse(answer.body)).toMatchObject({ device: { name: 'Small', scopes: ['read', 'run'] } })
    expect(await look(small.id)).toMatchObject({ state: 'used', device: { id: joinedOf(answer).id } })
    expect(await look(mighty.id)).toMatchObject({ state: 'waiting', device: null })
    const later = await exchange(house.doors.lan, { pairingSecret: mighty.secret })
    expect(JSON.parse(later.body)).toMatchObject({ device: { name: 'Mighty' } })
  })

  it('taking one back leaves the other', async () => {
    const [first, second] = [await mint(house), await mint(house)]
    expect((await house.doors.local.ask(`DELETE /xopc/api/pair/${first.id}`, [house.bearer])).status).toBe(204)
    expect([await look(first.id), await look(second.id)].map(({ state }) => state)).toEqual(['revoked', 'waiting'])
    expect((await exchange(house.doors.lan, { pairingSecret: second.secret })).status).toBe(200)
  })

  it.each(['latest', 'last', 'newest', '', '*', '%2e', '..'])('there is none by the name of %j', async (name) => {
    const { id } = await mint(house)
    for (const method of ['GET', 'DELETE']) {
      const answer = await house.doors.local.ask(`${method} /xopc/api/pair/${name}`, [house.bearer])
      expect(answer.status).toBeGreaterThanOrEqual(400)
    }
    expect(await look(id)).toMatchObject({ state: 'waiting' })
  })
})
