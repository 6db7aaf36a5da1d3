import { describe, expect, it } from 'vitest'
import { createPairing } from '../../../src/lib/identity/pairing.ts'

const BASE = 'https://gateway.test'
const terms = { by: 'owner', scopes: ['read', 'run'] as const, name: null, baseUrl: BASE, lanUrl: null, browser: true }

function desk() {
  let time = 1_000_000
  const pairing = createPairing({ clock: { now: () => time } })
  return { pairing, wait: (ms: number) => (time += ms) }
}

describe('a code', () => {
  it('has two secrets of 256 bits, and none for a browser where none may join by it', () => {
    const { pairing } = desk()
    const { appSecret, browserSecret, state, expiresAt } = pairing.mint(terms)
    expect([appSecret, browserSecret].map((secret) => Buffer.from(secret ?? '', 'base64url').length)).toEqual([32, 32])
    expect(appSecret).not.toBe(browserSecret)
    expect([state, expiresAt]).toEqual(['waiting', 1_300_000])
    expect(pairing.mint({ ...terms, browser: false }).browserSecret).toBeNull()
  })

  it.each([
    ['an app’s secret for a token', 'app', 'token', null, true],
    ['an app’s secret for a token from a page', 'app', 'token', BASE, true],
    ['an app’s secret for a cookie', 'app', 'cookie', BASE, false],
    ['a browser’s secret for a cookie from its page', 'browser', 'cookie', BASE, true],
    ['a browser’s secret for a cookie from no page', 'browser', 'cookie', null, false],
    ['a browser’s secret for a cookie from another page', 'browser', 'cookie', 'https://evil.test', false],
    ['a browser’s secret for a cookie over http', 'browser', 'cookie', 'http://gateway.test', false],
    ['a browser’s secret for a token', 'browser', 'token', BASE, false],
  ] as const)('%s', (_, whose, as, origin, works) => {
    const { pairing } = desk()
    const { id, appSecret, browserSecret } = pairing.mint(terms)
    const redeemed = pairing.redeem(whose === 'app' ? appSecret : (browserSecret ?? ''), as, origin)
    expect(redeemed?.id ?? null).toBe(works ? id : null)
    // What was brought in the wrong way is not used up: the right one still works.
    if (!works) expect(pairing.redeem(appSecret, 'token', null)?.id).toBe(id)
  })

  it('works once, and its other secret goes with it', () => {
    const { pairing } = desk()
    const { appSecret, browserSecret } = pairing.mint(terms)
    expect(pairing.redeem(appSecret, 'token', null)).toMatchObject({ state: 'used' })
    expect(pairing.redeem(appSecret, 'token', null)).toBeNull()
    expect(pairing.redeem(browserSecret ?? '', 'cookie', BASE)).toBeNull()
  })

  it('waits again where no device came of it, and only there', () => {
    const { pairing } = desk()
    const { id, appSecret } = pairing.mint(terms)
    pairing.redeem(appSecret, 'token', null)
    pairing.giveBack(id)
    expect(pairing.redeem(appSecret, 'token', null)).toMatchObject({ id })
    pairing.joined(id, 'a device')
    pairing.giveBack(id)
    expect(pairing.redeem(appSecret, 'token', null)).toBeNull()
  })

  it('works for five minutes', () => {
    const { pairing, wait } = desk()
    const [first, second] = [pairing.mint(terms), pairing.mint(terms)]
    wait(299_999)
    expect(pairing.redeem(first.appSecret, 'token', null)).not.toBeNull()
    wait(1)
    expect(pairing.redeem(second.appSecret, 'token', null)).toBeNull()
    expect(pairing.get(second.id, 'owner')?.state).toBe('expired')
  })

  it.each(['', 'x', 'A'.repeat(43), `${'A'.repeat(42)}\0`])('is not %j', (wrong) => {
    const { pairing } = desk()
    pairing.mint(terms)
    expect(pairing.redeem(wrong, 'token', null)).toBeNull()
    expect(pairing.redeem(wrong, 'cookie', BASE)).toBeNull()
  })

  it('truncated, or with something behind it, is none', () => {
    const { pairing } = desk()
    const { appSecret } = pairing.mint(terms)
    for (const near of [appSecret.slice(0, -1), `${appSecret}A`, ` ${appSecret}`, appSecret.toLowerCase()])
      expect(pairing.redeem(near, 'token', null)).toBeNull()
  })

  it('stays what it was minted as, whatever becomes of the lists that it was minted with', () => {
    const { pairing } = desk()
    const scopes: ('read' | 'admin')[] = ['read']
    const { appSecret } = pairing.mint({ ...terms, scopes })
    scopes.push('admin')
    expect(pairing.redeem(appSecret, 'token', null)?.scopes).toEqual(['read'])
  })
})

describe('who minted it', () => {
  it('sees it and takes it back, and nobody else does', () => {
    const { pairing } = desk()
    const { id, appSecret } = pairing.mint(terms)
    expect([pairing.get(id, 'device:1'), pairing.cancel(id, 'device:1'), pairing.latest('device:1')]).toEqual([null, false, null])
    expect(pairing.get(id, 'owner')?.state).toBe('waiting')
    expect(pairing.cancel(id, 'owner')).toBe(true)
    expect(pairing.get(id, 'owner')?.state).toBe('revoked')
    expect(pairing.redeem(appSecret, 'token', null)).toBeNull()
  })

  it('learns who joined, and cannot take back what is used', () => {
    const { pairing } = desk()
    const { id, appSecret } = pairing.mint(terms)
    pairing.joined(id, 'nobody-yet')
    expect(pairing.get(id, 'owner')?.deviceId).toBeNull()
    pairing.redeem(appSecret, 'token', null)
    pairing.joined(id, 'device-1')
    pairing.cancel(id, 'owner')
    expect(pairing.get(id, 'owner')).toMatchObject({ state: 'used', deviceId: 'device-1' })
  })

  it('sees the newest that waits', () => {
    const { pairing } = desk()
    const [first, second] = [pairing.mint(terms), pairing.mint(terms)]
    pairing.mint({ ...terms, by: 'device:1' })
    expect(pairing.latest('owner')?.id).toBe(second.id)
    pairing.cancel(second.id, 'owner')
    expect(pairing.latest('owner')?.id).toBe(first.id)
  })

  it('loses the codes that wait when it may not mint any more', () => {
    const { pairing } = desk()
    const [mine, its] = [pairing.mint(terms), pairing.mint({ ...terms, by: 'device:1' })]
    pairing.cancelOf('device:1')
    expect(pairing.redeem(its.appSecret, 'token', null)).toBeNull()
    expect(pairing.get(mine.id, 'owner')?.state).toBe('waiting')
    pairing.cancelOf()
    expect(pairing.redeem(mine.appSecret, 'token', null)).toBeNull()
  })

  it('pushes out only codes of its own', () => {
    const { pairing } = desk()
    const mine = pairing.mint(terms)
    const its = Array.from({ length: 100 }, () => pairing.mint({ ...terms, by: 'device:1' }))
    expect(pairing.size()).toBe(17)
    expect(pairing.redeem(its[0]?.appSecret ?? '', 'token', null)).toBeNull()
    expect(pairing.redeem(its[99]?.appSecret ?? '', 'token', null)).not.toBeNull()
    expect(pairing.redeem(mine.appSecret, 'token', null)).not.toBeNull()
  })
})

describe('memory', () => {
  it('holds 1,024 codes at most, whoever mints', () => {
    const { pairing } = desk()
    for (let n = 0; n < 3_000; n++) pairing.mint({ ...terms, by: `device:${n}` })
    expect(pairing.size()).toBe(1_024)
  })

  it('forgets what became of a code ten minutes after it could be used', () => {
    const { pairing, wait } = desk()
    const { id } = pairing.mint(terms)
    wait(899_999)
    pairing.mint(terms)
    expect(pairing.get(id, 'owner')?.state).toBe('expired')
    wait(1)
    pairing.mint(terms)
    expect(pairing.get(id, 'owner')).toBeNull()
  })
})

it('is at home at its baseUrl while it waits', () => {
  const { pairing, wait } = desk()
  pairing.mint(terms)
  pairing.mint({ ...terms, baseUrl: 'http://192.168.1.5:18790' })
  const homes = () => [
    pairing.isOrigin(BASE),
    pairing.isOrigin('https://gateway.test.evil.example'),
    pairing.isHost({ host: 'gateway.test', anyPort: false }),
    pairing.isHost({ host: 'gateway.test:8443', anyPort: false }),
    pairing.isHost({ host: '192.168.1.5:18790', anyPort: false }),
    pairing.isHost({ host: '192.168.1.5', anyPort: true }),
  ]
  expect(homes()).toEqual([true, false, true, false, true, true])
  wait(300_000)
  expect(homes()).toEqual([false, false, false, false, false, false])
})
