import { beforeAll, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { type House, openHouse } from './doors.ts'
import { exchange, joinedOf, mint } from './pairing.ts'

// Somebody who saw the QR over a shoulder may be as quick as its owner: of all that come with one code one wins, and everybody else gets nothing.

needsPeer('netns', 'one code, many at once', (ip) => {
  let house: House
  beforeAll(async () => {
    house = await openHouse({ ip })
  })

  it('one of eight gets a token, by whatever door', { timeout: 60_000 }, async () => {
    for (let round = 0; round < 3; round++) {
      const { secret } = await mint(house)
      const doors = [house.doors.lan, house.doors.local, house.doors.proxy]
      const answers = await Promise.all(
        Array.from({ length: 8 }, async (_, n) => await exchange(doors[n % 3] ?? house.doors.lan, { pairingSecret: secret })),
      )
      const won = answers.filter(({ status }) => status === 200)
      expect(won).toHaveLength(1)
      expect(new Set(answers.filter(({ status }) => status !== 200).map(({ status, code }) => `${status} ${code}`))).toEqual(
        new Set(['401 PAIRING_INVALID']),
      )
      const device = joinedOf(won[0]!)
      expect((await house.doors.lan.ask('GET /xopc/api/status', [device.bearer])).status).toBe(200)
    }
    const devices = await house.doors.local.ask('GET /xopc/api/devices', [house.bearer])
    expect(JSON.parse(devices.body)).toHaveLength(3)
  })

  it('of the two secrets of one code one is used, the other is gone', async () => {
    for (let round = 0; round < 4; round++) {
      const { secret, browserSecret, baseUrl } = await mint(house)
      const page = [`Origin: ${baseUrl}`]
      const [app, browser] = await Promise.all([
        exchange(house.doors.lan, { pairingSecret: secret }),
        exchange(house.doors.lan, { pairingSecret: browserSecret, as: 'cookie' }, page),
      ])
      expect([app.status, browser.status].toSorted((a, b) => a - b)).toEqual([200, 401])
    }
  })
})
