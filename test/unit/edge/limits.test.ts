import { describe, expect, it } from 'vitest'
import { createLimiter, createStreams } from '../../../src/lib/gateway/edge/limits.ts'
import type { Principal } from '../../../src/lib/gateway/edge/exchange.ts'
import type { Clock } from '../../../src/lib/system/clock.ts'

/** Time that stands until it is moved. */
function heldClock() {
  let now = 1_000_000
  const waiting: { at: number; wake: () => void }[] = []
  const clock: Clock = {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error))
        if (ms <= 0) resolve()
        else waiting.push({ at: now + ms, wake: resolve })
      }),
  }
  const move = async (ms: number): Promise<void> => {
    now += ms
    for (const { at, wake } of waiting) if (at <= now) wake()
    await Promise.resolve().then(() => undefined)
  }
  return { clock, move }
}

const rule = () => ({ maxAttempts: 3, windowMs: 10_000, blockDurationMs: 60_000 })

describe('wrong pairing codes', () => {
  it('block their source with the 31st in five minutes, and nothing else of it', async () => {
    const { clock, move } = heldClock()
    const limiter = createLimiter({ rule, clock })
    expect(Array.from({ length: 30 }, () => limiter.wrongCode('1.2.3.4'))).toEqual(Array(30).fill(0))
    await move(60_000)
    expect(limiter.wrongCode('::ffff:1.2.3.4')).toBe(240_000)
    expect([limiter.blockedFor('1.2.3.4'), limiter.wrongCode('1.2.3.5')]).toEqual([0, 0])
    await move(240_000)
    expect(limiter.wrongCode('1.2.3.4')).toBe(0)
  })

  it('from 100,000 sources are remembered in bounded memory', () => {
    const limiter = createLimiter({ rule, clock: heldClock().clock, maxSources: 1_000 })
    for (let n = 0; n < 100_000; n++) limiter.wrongCode(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`)
    expect(limiter.size()).toBe(1_000)
  })
})

describe('the limiter of wrong credentials', () => {
  it('blocks a source with the last attempt it allows, and frees it in time', async () => {
    const { clock, move } = heldClock()
    const limiter = createLimiter({ rule, clock })
    expect([1, 2, 3].map(() => limiter.failed('1.2.3.4'))).toEqual([false, false, true])
    expect(limiter.blockedFor('1.2.3.4')).toBe(60_000)
    expect(limiter.blockedFor('1.2.3.5')).toBe(0)
    await move(59_999)
    expect(limiter.blockedFor('1.2.3.4')).toBe(1)
    await move(1)
    expect(limiter.blockedFor('1.2.3.4')).toBe(0)
    expect(limiter.failed('1.2.3.4')).toBe(false)
  })

  it('forgets attempts that are older than the window', async () => {
    const { clock, move } = heldClock()
    const limiter = createLimiter({ rule, clock })
    limiter.failed('1.2.3.4')
    limiter.failed('1.2.3.4')
    await move(10_001)
    expect(limiter.failed('1.2.3.4')).toBe(false)
  })

  it.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9'],
    ['1.2.3.4', '::ffff:1.2.3.4'],
  ])('counts %s and %s as one source', (one, other) => {
    const limiter = createLimiter({ rule, clock: heldClock().clock })
    limiter.failed(one)
    limiter.failed(other)
    limiter.failed(one)
    expect(limiter.blockedFor(other)).toBeGreaterThan(0)
  })

  it('stays small under 100,000 sources', () => {
    const limiter = createLimiter({ rule, clock: heldClock().clock, maxSources: 1_000 })
    for (let index = 0; index < 100_000; index++) limiter.failed(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`)
    expect(limiter.size()).toBeLessThanOrEqual(2_000)
  })
})

describe('the slow lane of password sign-in', () => {
  it('lets one through a second, keeps five waiting and sends the rest away', async () => {
    const { clock, move } = heldClock()
    const limiter = createLimiter({ rule, clock })
    const turns: (boolean | number)[] = []
    const never = new AbortController().signal
    for (let index = 0; index < 7; index++) void limiter.slowLane('local', never).then((turn) => turns.push(turn && index))
    await move(0)
    expect(turns.filter((turn) => turn === false)).toHaveLength(2)
    expect(turns).toContain(0)
    await move(1_000)
    expect(turns).toContain(1)
    expect(turns).not.toContain(2)
    await move(4_000)
    expect(turns).toContain(4)
  })

  it('is one for each door, and gives a place back when its visitor leaves', async () => {
    const { clock, move } = heldClock()
    const limiter = createLimiter({ rule, clock })
    const leave = new AbortController()
    const waiting = Array.from({ length: 5 }, () => limiter.slowLane('local', leave.signal))
    expect(await limiter.slowLane('lan', new AbortController().signal)).toBe(true)
    leave.abort(new Error('left'))
    await Promise.all(waiting)
    void limiter.slowLane('local', new AbortController().signal)
    await move(0)
    expect(await limiter.slowLane('local', AbortSignal.abort())).toBe(false)
  })
})

it('the challenge is given 50 times a second for each door', async () => {
  const { clock, move } = heldClock()
  const limiter = createLimiter({ rule, clock })
  const given = Array.from({ length: 60 }, () => limiter.challenge('lan')).filter(Boolean)
  expect(given).toHaveLength(50)
  expect(limiter.challenge('local')).toBe(true)
  await move(1_000)
  expect(limiter.challenge('lan')).toBe(true)
})

describe('event streams', () => {
  const owner: Principal = { kind: 'owner', id: 'owner', scopes: new Set() }
  it('are bounded, and a place that is left can be taken once', () => {
    const streams = createStreams({ max: () => 2 })
    const leave = streams.open(owner)
    expect(streams.open(owner)).not.toBeNull()
    expect(streams.open(owner)).toBeNull()
    leave?.()
    leave?.()
    expect(streams.count()).toBe(1)
    expect(streams.open(owner)).not.toBeNull()
    expect(streams.open(owner)).toBeNull()
  })

  it.each([
    ['device', 'device:1', 'device:2'],
    ['user of a proxy', 'sso:anna', 'sso:bert'],
  ])('of one %s are a tenth of all', (_, one, other) => {
    const streams = createStreams({ max: () => 20 })
    expect([1, 2, 3].map(() => streams.open({ ...owner, id: one }) !== null)).toEqual([true, true, false])
    expect(streams.open({ ...owner, id: other })).not.toBeNull()
  })
})
