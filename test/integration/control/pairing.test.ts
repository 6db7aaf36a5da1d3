import { describe, expect, it } from 'vitest'
import { joined } from '../../../src/lib/gateway/control/pairing-replies.ts'
import type { Pairing } from '../../../src/lib/identity/pairing.ts'
import { type Answer, type House, openStream, startHouse } from './house.ts'

const EXCHANGE = '/api/tunnel/exchange-token'
const front = 'https://gateway.test'
type Terms = Parameters<Pairing['mint']>[0]
const terms: Terms = { by: 'owner', scopes: ['read', 'run'], name: null, baseUrl: front, lanUrl: null, browser: true }

/** What an app sends. */
async function exchange(house: House, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  return await house.ask('POST', EXCHANGE, { body, headers })
}

/** What the page of a browser's link sends. */
async function fromPage(house: House, secret: string | null, origin: string | null = front): Promise<Answer> {
  const headers: Record<string, string> = { host: 'gateway.test', ...(origin === null ? {} : { origin }) }
  return await exchange(house, { pairingSecret: secret, as: 'cookie' }, headers)
}

/** A device that joined by a code with these terms: its token and its id. */
async function join(house: House, given: Partial<Terms> = {}): Promise<{ token: string; id: string }> {
  const { appSecret } = house.pairing.mint({ ...terms, ...given })
  const { token = '', device } = joined.parse((await exchange(house, { pairingSecret: appSecret })).json())
  return { token, id: device.id }
}

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })

describe('an app’s code', () => {
  it('is exchanged for a token of the device’s own, once', async () => {
    const house = await startHouse()
    const { appSecret, id } = house.pairing.mint(terms)
    const reply = await exchange(house, { pairingSecret: appSecret, deviceName: 'Anna’s phone', platform: 'android' })
    expect(reply.status).toBe(200)
    const { token, device, ...rest } = joined.parse(reply.json())
    expect(token).toMatch(/^xopc_dt_[\w-]{43}$/)
    expect(device).toEqual({ id: expect.any(String), name: 'Anna’s phone', scopes: ['read', 'run'] })
    expect(rest).toEqual({
      baseUrl: front,
      lanUrl: null,
      connectUrls: [front, 'http://192.168.7.7:18790'],
      gatewayId: 'gateway-1',
      publicKey: 'key-1',
    })
    expect(house.devices.list()).toMatchObject([{ id: device.id, platform: 'android', kind: 'app', baseUrl: front }])
    expect(house.pairing.get(id, 'owner')).toMatchObject({ state: 'used', deviceId: device.id })
    const again = await exchange(house, { pairingSecret: appSecret })
    expect([again.status, again.json()['code']]).toEqual([401, 'PAIRING_INVALID'])
    expect(house.devices.list()).toHaveLength(1)
  })

  it('is told of as an event and in the audit log', async () => {
    const house = await startHouse()
    const stream = await openStream(house, '/api/events', { by: 'socket' })
    const { id } = await join(house)
    expect(await stream.until((text) => text.includes('device.paired'))).toContain(id)
    expect(house.audits).toContain('PairAudit.paired')
  })

  it('is used by one of two that come at once', async () => {
    const house = await startHouse()
    const { appSecret } = house.pairing.mint(terms)
    const replies = await Promise.all(Array.from({ length: 8 }, async () => await exchange(house, { pairingSecret: appSecret })))
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, ...Array.from({ length: 7 }, () => 401)])
    expect(house.devices.list()).toHaveLength(1)
  })

  it('names the device as its owner wants, whatever the device says', async () => {
    const house = await startHouse()
    const { id } = await join(house, { name: 'Kitchen' })
    expect(house.devices.list()).toMatchObject([{ id, name: 'Kitchen' }])
  })

  it.each([
    ['with escapes', '\u001b[31mred\u001b[0m\u202e phone\u0007', 'red phone'],
    ['that is long', 'x'.repeat(500), `${'x'.repeat(63)}…`],
    ['that nobody sees', '\u200b\u2066', 'Phone'],
  ])('keeps no name %s as it is', async (_what, deviceName, kept) => {
    const house = await startHouse()
    const { appSecret } = house.pairing.mint(terms)
    await exchange(house, { pairingSecret: appSecret, deviceName, platform: deviceName })
    expect(house.devices.list()).toMatchObject([{ name: kept }])
  })

  it('gives what it was minted with, whatever is wished for', async () => {
    const house = await startHouse()
    const { appSecret } = house.pairing.mint(terms)
    const wishes = { scopes: ['read', 'run', 'pair', 'admin'], admin: true, baseUrl: 'https://evil.example', kind: 'browser' }
    const reply = await exchange(house, { pairingSecret: appSecret, ...wishes })
    expect(joined.parse(reply.json())).toMatchObject({ baseUrl: front, device: { scopes: ['read', 'run'] } })
    expect(house.devices.list()).toMatchObject([{ scopes: ['read', 'run'], baseUrl: front, kind: 'app' }])
  })
})

describe('a browser’s code', () => {
  it('is exchanged at its own page for a cookie, and for no token', async () => {
    const house = await startHouse()
    const { browserSecret, appSecret } = house.pairing.mint(terms)
    const reply = await fromPage(house, browserSecret)
    expect(reply.status).toBe(200)
    expect(joined.parse(reply.json())).toMatchObject({ baseUrl: front, device: { name: 'Browser' } })
    expect(reply.text).not.toContain('xopc_dt_')
    const cookie = String(reply.headers['set-cookie'])
    expect(cookie).toMatch(/^__Host-xopc_device=xopc_dt_[\w-]{43}; /)
    for (const attribute of ['Path=/', 'HttpOnly', 'SameSite=Lax', 'Secure', 'Max-Age=34560000']) expect(cookie).toContain(attribute)
    expect((await exchange(house, { pairingSecret: appSecret })).status).toBe(401)
  })

  it('on the local network is a cookie without Secure', async () => {
    const house = await startHouse()
    const at = { baseUrl: 'http://192.168.7.7:18790' }
    const { browserSecret } = house.pairing.mint({ ...terms, ...at })
    const headers = { host: '192.168.7.7:18790', origin: at.baseUrl }
    const reply = await exchange(house, { pairingSecret: browserSecret, as: 'cookie' }, headers)
    expect([reply.status, String(reply.headers['set-cookie'])]).toEqual([200, expect.stringMatching(/^xopc_device=(?!.*Secure)/)])
  })
})

describe('a code that cannot be used looks the same, whatever is wrong', () => {
  const cases: [what: string, bring: (house: House) => Promise<Answer>][] = [
    ['wrong', (house) => exchange(house, { pairingSecret: 'x'.repeat(43) })],
    ['cut short', (house) => exchange(house, { pairingSecret: house.pairing.mint(terms).appSecret.slice(0, -1) })],
    [
      'used',
      async (house) => {
        const { appSecret } = house.pairing.mint(terms)
        await exchange(house, { pairingSecret: appSecret })
        return await exchange(house, { pairingSecret: appSecret })
      },
    ],
    [
      'expired',
      (house) => {
        const { appSecret } = house.pairing.mint(terms)
        house.wait(5 * 60_000)
        return exchange(house, { pairingSecret: appSecret })
      },
    ],
    [
      'taken back',
      (house) => {
        const { appSecret, id } = house.pairing.mint(terms)
        house.pairing.cancel(id, 'owner')
        return exchange(house, { pairingSecret: appSecret })
      },
    ],
    ['an app’s, as cookie', (house) => fromPage(house, house.pairing.mint(terms).appSecret)],
    ['a browser’s, as token', (house) => exchange(house, { pairingSecret: house.pairing.mint(terms).browserSecret })],
    ['a browser’s, without Origin', (house) => fromPage(house, house.pairing.mint(terms).browserSecret, null)],
  ]

  it.each(cases)('%s', async (_what, bring) => {
    const house = await startHouse()
    const wrong = await exchange(house, { pairingSecret: 'wrong' })
    const reply = await bring(house)
    expect([reply.status, reply.text]).toEqual([401, wrong.text])
    expect(reply.json()['code']).toBe('PAIRING_INVALID')
    expect(reply.headers['set-cookie']).toBeUndefined()
    expect(house.audits).toContain('PairAudit.refused')
  })

  it('from another page than its own, it does not even get that far', async () => {
    const house = await startHouse()
    const { browserSecret } = house.pairing.mint(terms)
    expect((await fromPage(house, browserSecret, 'https://evil.example')).status).toBe(403)
    expect(house.devices.list()).toEqual([])
  })
})

describe('a body that is none', () => {
  it.each([
    ['nothing', undefined],
    ['no code', {}],
    ['a number', { pairingSecret: 7 }],
    ['an empty code', { pairingSecret: '' }],
    ['a code without end', { pairingSecret: 'x'.repeat(5000) }],
    ['another way', { pairingSecret: 'x'.repeat(43), as: 'token' }],
    ['a name that is none', { pairingSecret: 'x'.repeat(43), deviceName: ['a'] }],
    ['a list', ['x'.repeat(43)]],
  ])('%s is 400', async (_what, body) => {
    const house = await startHouse()
    const reply = await exchange(house, body)
    expect([reply.status, reply.json()['code']]).toEqual([400, 'BODY_INVALID'])
  })
})

describe('guessing', () => {
  it('blocks the source for a while, but never a code that is right', async () => {
    const house = await startHouse()
    const statuses = []
    for (let n = 0; n < 32; n++) statuses.push((await exchange(house, { pairingSecret: `guess-${n}` })).status)
    expect(statuses.slice(0, 29)).toEqual(Array.from({ length: 29 }, () => 401))
    const blocked = await exchange(house, { pairingSecret: 'one more' })
    expect([blocked.status, blocked.json()['code']]).toEqual([429, 'PAIRING_BLOCKED'])
    expect(Number(blocked.headers['retry-after'])).toBeGreaterThan(0)
    expect((await exchange(house, { pairingSecret: house.pairing.mint(terms).appSecret })).status).toBe(200)
    // What is guessed here takes nothing from who signs in.
    expect((await house.ask('GET', '/api/status', { headers: bearer('wrong-wrong-wrong-wrong') })).status).toBe(401)
  })
})

describe('a device', () => {
  it('learns of itself, and of no other', async () => {
    const house = await startHouse()
    const [phone, tablet] = [await join(house), await join(house, { name: 'Tablet' })]
    const me = await house.ask('GET', '/api/devices/me', { headers: bearer(phone.token) })
    expect(me.json()).toMatchObject({ id: phone.id, kind: 'app', name: 'Phone' })
    expect(me.text).not.toContain(tablet.id)
    expect(me.text).not.toContain('tokenHash')
    expect((await house.ask('GET', '/api/devices', { headers: bearer(phone.token) })).status).toBe(403)
  })

  it('is none, who has another credential', async () => {
    const house = await startHouse()
    const me = await house.ask('GET', '/api/devices/me', { by: 'socket' })
    expect([me.status, me.json()['code']]).toEqual([404, 'DEVICE_NOT_FOUND'])
  })

  it('that is revoked loses its event stream within a second', async () => {
    const house = await startHouse()
    const { token, id } = await join(house)
    const [own, other] = [
      await openStream(house, '/api/events', { headers: bearer(token) }),
      await openStream(house, '/api/events', { by: 'socket' }),
    ]
    await own.until((text) => text.includes('connected'))
    const from = Date.now()
    house.xopc.emit('device.revoked', { id, name: 'Phone' })
    expect(await own.ended).toContain('device.revoked')
    expect(Date.now() - from).toBeLessThan(1000)
    expect(await other.until((text) => text.includes('device.revoked'))).toContain(id)
    other.close()
  })
})

it('who renames and revokes is written down', async () => {
  const house = await startHouse()
  await house.ask('PATCH', '/api/devices/device-1', { by: 'socket', body: { name: 'Tablet' } })
  await house.ask('DELETE', '/api/devices/device-1', { by: 'socket' })
  await house.ask('DELETE', '/api/devices', { by: 'socket' })
  expect(house.audits).toEqual(expect.arrayContaining(['PairAudit.renamed', 'PairAudit.revokeAsked', 'PairAudit.revokeAllAsked']))
  expect(house.xopc.calls).toEqual(expect.arrayContaining(['renameDevice device-1 Tablet', 'revokeDevice device-1', 'revokeDevices']))
})

describe('who asks for a code is told to Xopc by what the request proves', () => {
  it.each([
    ['the owner', (house: House) => bearer(house.token), 'owner'],
    [
      'an administrator’s device',
      async (house: House) => bearer((await join(house, { scopes: ['read', 'run', 'pair', 'admin'] })).token),
      'device:',
    ],
  ])('%s', async (_who, credential, id) => {
    const house = await startHouse()
    const reply = await house.ask('POST', '/api/pair', { body: { name: 'Phone' }, headers: await credential(house) })
    expect(reply.status).toBe(200)
    expect(house.xopc.calls.find((call) => call.startsWith('pair {'))).toMatch(new RegExp(`^pair \\{"name":"Phone"\\} ${id}`))
  })

  it.each([{ admin: 'yes' }, { baseUrl: 7 }, { unknown: true }, []])('%j is no wish for a code', async (body) => {
    const house = await startHouse()
    const reply = await house.ask('POST', '/api/pair', { body, by: 'socket' })
    expect([reply.status, reply.json()['code']]).toEqual([400, 'BODY_INVALID'])
  })
})

describe('the older way to a QR code', () => {
  it('shows the newest waiting code of who asks, and mints none', async () => {
    const house = await startHouse()
    const ask = async (options: Parameters<House['ask']>[2]) => (await house.ask('GET', '/api/tunnel/qr', options)).json()
    const empty = { qrPayload: '', publicUrl: null, lanUrl: null, expiresAt: null }
    expect(await ask({ by: 'socket' })).toEqual(empty)
    const { id } = house.pairing.mint(terms)
    expect(await ask({ by: 'socket' })).toMatchObject({ qrPayload: expect.stringContaining(`sid=${id}`), publicUrl: front })
    const { token } = await join(house)
    expect(await ask({ headers: bearer(token) })).toEqual(empty)
    house.wait(5 * 60_000)
    expect(await ask({ by: 'socket' })).toEqual(empty)
  })
})

describe('the identity challenge by an address that devices use', () => {
  const nonce = 'n'.repeat(32)
  const ask = async (house: House, origin: string): Promise<number> =>
    (await house.ask('POST', '/api/gateway-identity/challenge', { body: { nonce, origin }, headers: { host: new URL(origin).host } }))
      .status

  it('is signed while a code waits, and as long as a device lives', async () => {
    const house = await startHouse()
    expect(await ask(house, front)).toBe(421)
    await join(house)
    expect(await ask(house, front)).toBe(200)
    await house.devices.revokeAll()
    expect(await ask(house, front)).toBe(421)
    house.pairing.mint(terms)
    expect(await ask(house, front)).toBe(200)
    house.wait(5 * 60_000)
    expect(await ask(house, front)).toBe(421)
  })

  it('is not signed over plain http, where nothing keeps a relay away', async () => {
    const house = await startHouse()
    const baseUrl = 'http://192.168.7.7:18790'
    await join(house, { baseUrl })
    expect(await ask(house, baseUrl)).toBe(421)
  })
})
