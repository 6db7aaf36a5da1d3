import { beforeAll, expect, it } from 'vitest'
import { needsPeer } from '../support/peers.ts'
import { signIn } from './browsers.ts'
import { type House, openHouse } from './doors.ts'
import { audited, phone, sends, withScopes } from './phones.ts'

// A code makes a device, so whoever mints one beyond its own rights has those rights a moment later.

needsPeer('netns', 'a pairing code', (ip) => {
  let house: House
  const who: Record<string, readonly string[]> = {}
  beforeAll(async () => {
    house = await openHouse({ ip })
    const [plain, pairer] = [await phone(house), await phone(house)]
    await withScopes(house, pairer.told.device.id, ['read', 'run', 'pair'])
    const browser = await signIn(house, house.doors.local, `http://${house.doors.local.host}`)
    Object.assign(who, {
      nobody: [],
      'a device': [plain.line],
      'a device that may pair': [pairer.line],
      'a browser without its session key': [browser.cookie, `Origin: http://${house.doors.local.host}`],
      'a key without its browser': [browser.key],
    })
  })

  const wishes: [who: string, body: object, status: number][] = [
    ['nobody', {}, 401],
    ['a device', {}, 403],
    ['a device', { admin: true }, 403],
    ['a device', { browser: true, name: 'Mine' }, 403],
    ['a browser without its session key', {}, 403],
    ['a key without its browser', {}, 401],
    ['a device that may pair', { admin: true }, 403],
    ['a device that may pair', { admin: true, browser: true }, 403],
    ['a device that may pair', { baseUrl: 'https://evil.example' }, 403],
  ]
  it.each(wishes)('is not minted by %s for %j', async (name, body, status) => {
    const before = await audited(house, 'PairAudit.minted')
    for (const door of [house.doors.local, house.doors.lan]) {
      for (const claim of [[], ['X-Xopc-User: owner'], ['X-Xopc-Scopes: admin']]) {
        const answer = await sends(door, 'POST /xopc/api/pair', body, [...(who[name] ?? []), ...claim])
        // A cookie proves nothing at another address than its own.
        expect(door === house.doors.local ? [status] : [status, 401], answer.body).toContain(answer.status)
        expect(answer.body).not.toContain('ps=')
      }
    }
    expect(await audited(house, 'PairAudit.minted')).toEqual(before)
    const qr = await house.doors.local.ask('GET /xopc/api/tunnel/qr', who[name] ?? [])
    expect(qr.status === 200 ? JSON.parse(qr.body) : null).toEqual(qr.status === 200 ? expect.objectContaining({ qrPayload: '' }) : null)
  })

  it('is not told to a browser’s cookie alone, whatever the same browser minted with its key', async () => {
    const { local } = house.doors
    const origin = `Origin: http://${local.host}`
    const browser = await signIn(house, local, `http://${local.host}`)
    const minted = await sends(local, 'POST /xopc/api/pair', { admin: true }, [browser.cookie, browser.key, origin])
    expect(minted.status, minted.body).toBe(200)
    const payload = async (lines: readonly string[]) => {
      // `as`: the reply of GET /api/tunnel/qr.
      return (JSON.parse((await local.ask('GET /xopc/api/tunnel/qr', lines)).body) as { qrPayload: string }).qrPayload
    }
    expect(await payload([browser.cookie, browser.key, origin])).toContain('&ps=')
    expect(await payload([browser.cookie, origin])).toBe('')
    expect(await payload([browser.cookie])).toBe('')
  })

  it('has no more rights than its wish, minted by who may', async () => {
    const answer = await sends(house.doors.local, 'POST /xopc/api/pair', {}, who['a device that may pair'])
    expect(answer).toMatchObject({ status: 200 })
    expect(JSON.parse(answer.body)).toMatchObject({ scopes: ['read', 'run'] })
  })
})
