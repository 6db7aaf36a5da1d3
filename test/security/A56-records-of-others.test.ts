import { beforeAll, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { type House, openHouse } from './doors.ts'
import { mint, phone, sends } from './phones.ts'

// Ids of codes and devices are no secrets: they stand in links, events and logs.

needsPeer('netns', 'what belongs to another', (ip) => {
  let house: House
  beforeAll(async () => {
    house = await openHouse({ ip })
  })
  const stateOf = async (id: string, line: string) =>
    await house.doors.local.ask(`GET /xopc/api/pair/${id}`, [line]).then(({ status, body }) => [status, JSON.parse(body)] as const)

  it('a code is neither read nor taken back nor used by another, whatever that one may', async () => {
    const admin = await phone(house, { admin: true })
    const { id, links } = await mint(house)
    for (const request of [`GET /xopc/api/pair/${id}`, `DELETE /xopc/api/pair/${id}`]) {
      for (const claim of [[], ['X-Xopc-User: owner'], [`X-Xopc-Device: owner`]]) {
        const answer = await house.doors.local.ask(request, [admin.line, ...claim])
        expect(answer).toMatchObject({ status: 404, code: 'PAIRING_NOT_FOUND' })
        expect(answer.body).not.toContain('ps=')
      }
    }
    expect(JSON.parse((await house.doors.local.ask('GET /xopc/api/tunnel/qr', [admin.line])).body)).toMatchObject({ qrPayload: '' })
    const byId = await sends(house.doors.local, 'POST /xopc/api/tunnel/exchange-token', { pairingSecret: id })
    expect(byId).toMatchObject({ status: 401, code: 'PAIRING_INVALID' })
    expect(await stateOf(id, house.bearer)).toEqual([200, expect.objectContaining({ state: 'waiting', links })])
  })

  it('nor by the owner, where a device minted it', async () => {
    const admin = await phone(house, { admin: true })
    const { id } = await mint(house, {}, admin.line)
    expect(await stateOf(id, house.bearer)).toMatchObject([404, { code: 'PAIRING_NOT_FOUND' }])
    expect(await stateOf(id, admin.line)).toMatchObject([200, { state: 'waiting' }])
  })

  it('a device is neither seen nor changed by another', async () => {
    const [mine, other] = [await phone(house), await phone(house, { name: 'Theirs' })]
    const { id } = other.told.device
    const { local } = house.doors
    for (const answer of [
      await local.ask('GET /xopc/api/devices', [mine.line]),
      await sends(local, `PATCH /xopc/api/devices/${id}`, { name: 'Mine now' }, [mine.line]),
      await local.ask(`DELETE /xopc/api/devices/${id}`, [mine.line]),
      await local.ask('DELETE /xopc/api/devices', [mine.line]),
    ]) {
      expect(answer).toMatchObject({ status: 403, code: 'SCOPE_MISSING' })
      expect(answer.body).not.toContain('Theirs')
    }
    for (const path of ['/xopc/api/devices/me', `/xopc/api/devices/me?id=${id}`, '/xopc/api/devices/me/']) {
      const answer = await local.ask(`GET ${path}`, [mine.line, `X-Xopc-User: device:${id}`])
      expect(answer.body, path).not.toContain(id)
    }
    expect(await local.ask('GET /xopc/api/devices/me', [other.line])).toMatchObject({ status: 200 })
    expect((await local.ask('GET /xopc/api/devices/me', [other.line])).body).toContain('Theirs')
  })
})
