import { beforeAll, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { startGateway } from '../support/gateway.ts'
import { type House, openHouse } from './doors.ts'
import { askForCode, exchange, joinedOf, mint } from './pairing.ts'

// A code that was photographed, or read out of a log or a history, is worth nothing once its owner has used it.

needsPeer('netns', 'a code that was used', (ip) => {
  let house: House
  beforeAll(async () => {
    house = await openHouse({ ip })
  })

  it('is refused at every door, in every way, and makes no device', async () => {
    const { secret, browserSecret, baseUrl } = await mint(house)
    joinedOf(await exchange(house.doors.lan, { pairingSecret: secret }))
    for (const door of [house.doors.lan, house.doors.local, house.doors.proxy, house.doors.control]) {
      for (const body of [{ pairingSecret: secret }, { pairingSecret: browserSecret }]) {
        expect(await exchange(door, body)).toMatchObject({ status: 401, code: 'PAIRING_INVALID' })
      }
    }
    for (const pairingSecret of [secret, browserSecret]) {
      const answer = await exchange(house.doors.lan, { pairingSecret, as: 'cookie' }, [`Origin: ${baseUrl}`])
      expect(answer).toMatchObject({ status: 401, code: 'PAIRING_INVALID' })
      expect(answer.headers).not.toHaveProperty('set-cookie')
    }
    expect(JSON.parse((await house.doors.local.ask('GET /xopc/api/devices', [house.bearer])).body)).toHaveLength(1)
  })

  it('that was taken back is refused', async () => {
    const { id, secret } = await mint(house)
    expect((await house.doors.local.ask(`DELETE /xopc/api/pair/${id}`, [house.bearer])).status).toBe(204)
    expect(await exchange(house.doors.lan, { pairingSecret: secret })).toMatchObject({ status: 401, code: 'PAIRING_INVALID' })
  })

  it('is in no file, so that a restart brings none back, and what joined stays joined', { timeout: 60_000 }, async () => {
    const other = await openHouse({ ip })
    const [used, waiting] = [await mint(other), await mint(other)]
    const device = joinedOf(await exchange(other.doors.lan, { pairingSecret: used.secret }))
    await other.gateway.kill9()
    const again = await startGateway({ stateDir: other.gateway.stateDir })
    for (const { secret } of [used, waiting]) {
      const body = JSON.stringify({ pairingSecret: secret })
      const headers = { 'content-type': 'application/json' }
      expect((await again.fetch('/xopc/api/tunnel/exchange-token', { method: 'POST', headers, body })).status).toBe(401)
    }
    const me = await again.fetch('/xopc/api/devices/me', { headers: { authorization: `Bearer ${device.token}` } })
    expect([me.status, ((await me.json()) as { id: string }).id]).toEqual([200, device.id])
  })

  it('is not minted by who was thrown out, nor outlives who minted it', async () => {
    const { secret } = await mint(house, { admin: true })
    const admin = joinedOf(await exchange(house.doors.lan, { pairingSecret: secret }))
    const later = await mint(house, {}, admin.bearer)
    expect((await house.doors.local.ask(`DELETE /xopc/api/devices/${admin.id}`, [house.bearer])).status).toBe(204)
    expect(await exchange(house.doors.lan, { pairingSecret: later.secret })).toMatchObject({ status: 401, code: 'PAIRING_INVALID' })
    expect(await askForCode(house, {}, admin.bearer)).toMatchObject({ status: 401, code: 'invalid_token' })
  })
})
