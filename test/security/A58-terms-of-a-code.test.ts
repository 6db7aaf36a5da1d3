import { beforeAll, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { type House, openHouse } from './doors.ts'
import { exchange, joinedOf, mint } from './pairing.ts'

// What a person was shown beside the code is what they agreed to: nothing that comes later changes what the code gives.

interface Device {
  id: string
  name: string
  scopes: string[]
  baseUrl: string
}

needsPeer('netns', 'a code and what it was minted with', (ip) => {
  let house: House
  beforeAll(async () => {
    house = await openHouse({ ip })
  })

  const devices = async (): Promise<Device[]> =>
    JSON.parse((await house.doors.local.ask('GET /xopc/api/devices', [house.bearer])).body) as Device[]

  it.each(['lan', 'local', 'proxy'] as const)('stays bound to it, whatever the exchange says, through %s', async (name) => {
    const minted = await mint(house, { name: 'Kitchen' })
    const wishes = {
      baseUrl: 'https://evil.test',
      lanUrl: 'http://10.66.66.66',
      name: 'Owner',
      deviceName: 'Owner',
      kind: 'browser',
      scopes: ['admin'],
    }
    // The proxy's socket is believed: there it would be another name, and no exchange at all.
    const lines = name === 'proxy' ? [] : ['X-Forwarded-Host: evil.test', 'X-Forwarded-Proto: https']
    const answer = await exchange(house.doors[name], { pairingSecret: minted.secret, ...wishes }, lines)
    const { id } = joinedOf(answer)
    expect(JSON.parse(answer.body)).toMatchObject({ baseUrl: minted.baseUrl, device: { name: 'Kitchen', scopes: ['read', 'run'] } })
    expect(answer.body).not.toContain('evil')
    expect((await devices()).find((device) => device.id === id)).toMatchObject({
      name: 'Kitchen',
      scopes: ['read', 'run'],
      baseUrl: minted.baseUrl,
    })
  })

  it('is not changed by asking for another one, nor by any request to its own address', async () => {
    const minted = await mint(house)
    await mint(house, { admin: true, name: 'Other' })
    for (const method of ['PATCH', 'PUT', 'POST']) {
      const changed = await house.doors.local.ask(
        `${method} /xopc/api/pair/${minted.id}`,
        [house.bearer, 'Content-Type: application/json'],
        {
          body: JSON.stringify({ admin: true, scopes: ['admin'], baseUrl: 'https://evil.test' }),
        },
      )
      expect([404, 405]).toContain(changed.status)
    }
    const answer = await exchange(house.doors.lan, { pairingSecret: minted.secret })
    expect(JSON.parse(answer.body)).toMatchObject({ baseUrl: minted.baseUrl, device: { scopes: ['read', 'run'] } })
  })

  it('is not changed by the device afterwards', async () => {
    const { secret } = await mint(house)
    const device = joinedOf(await exchange(house.doors.lan, { pairingSecret: secret }))
    const body = JSON.stringify({ name: 'x', scopes: ['admin'], baseUrl: 'https://evil.test' })
    const tried = await house.doors.lan.ask(`PATCH /xopc/api/devices/${device.id}`, [device.bearer, 'Content-Type: application/json'], {
      body,
    })
    expect([400, 403, 404]).toContain(tried.status)
    expect((await devices()).find(({ id }) => id === device.id)).toMatchObject({ scopes: ['read', 'run'] })
  })
})
