import jsqr from 'jsqr'
import { expect, it } from 'vitest'
import type { QrCode } from '../../src/lib/protocol/pairing-api.ts'
import { needsPeer } from '../support/peers.ts'
import { signIn } from './browsers.ts'
import { authModes, openHouse, PASSWORD } from './doors.ts'
import { mint, phone } from './phones.ts'

// A QR code is photographed, shared and shown on stages. What is in it is good once, for five minutes, and never the owner's own credential.

/** What a camera reads. */
function scanned({ text }: QrCode): string {
  const rows = text.split('\n')
  const side = rows.length * 4
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255)
  for (let at = 0; at < side * side; at++) {
    if (rows[Math.floor(at / side / 4)]?.[Math.floor((at % side) / 4)] === '1') pixels.fill(0, at * 4, at * 4 + 3)
  }
  return jsqr.default(pixels, side, side)?.data ?? ''
}

needsPeer('netns', 'the owner’s credential', (ip) => {
  it('is in no QR code, no link and no answer about pairing', async () => {
    const house = await openHouse({ ip })
    const { token } = house.gateway
    const browser = await signIn(house, house.doors.local, `http://${house.doors.local.host}`)
    const secrets = [token, PASSWORD, browser.key.split(' ')[1] ?? '', browser.cookie.split('=')[1] ?? '']
    const told: string[] = []
    for (const options of [{}, { admin: true }, { browser: true }]) {
      const code = await mint(house, options)
      const codes = [code.qr?.app, code.qr?.browser].flatMap((each) => each ?? [])
      expect(codes.map(scanned)).toEqual([code.links?.app, code.links?.browser].flatMap((link) => link ?? []))
      told.push(JSON.stringify(code), ...codes.map(scanned))
      for (const path of [
        `/xopc/api/pair/${code.id}`,
        '/xopc/api/tunnel/qr',
        '/xopc/api/tunnel/pair/context',
        '/xopc/api/tunnel/pair/ping',
      ]) {
        told.push((await house.doors.local.ask(`GET ${path}`, [house.bearer])).body)
      }
    }
    const joined = await phone(house, { admin: true })
    told.push(JSON.stringify(joined.told))
    expect(told.join('\n')).toContain('xopc://gateway/mobile-connect')
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(8)
      for (const text of told) {
        expect(text).not.toContain(secret)
        expect(decodeURIComponent(text)).not.toContain(secret)
        expect(text).not.toContain(Buffer.from(secret).toString('base64url').slice(0, -2))
      }
    }
    expect(joined.told.token).not.toBe(token)
  })

  it('nor the password, where that is how one signs in', async () => {
    const house = await openHouse({ ip, gateway: { auth: authModes.password } })
    const line = `Authorization: Bearer ${PASSWORD}`
    const code = await mint(house, { admin: true }, line)
    expect(JSON.stringify(code) + (await house.doors.local.ask('GET /xopc/api/tunnel/qr', [line])).body).not.toContain(PASSWORD)
  })
})
