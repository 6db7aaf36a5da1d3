import { afterEach, describe, expect, it } from 'vitest'
import { createVerifier, shownState, type Verifier } from '../../../src/lib/core/verify.ts'
import type { ErrorInfo } from '../../../src/lib/errors/error.ts'
import { silentLog } from '../../../src/lib/system/log.ts'
import { on } from './fake-method.ts'
import { fakeSight, type FakeSight } from './fake-sight.ts'
import { handClock, type HandClock } from './hand-clock.ts'

interface Setting {
  clock: HandClock
  sight: FakeSight
  verifier: Verifier
  changes: number[]
}

const url = 'https://gateway.test'
const refused: ErrorInfo = { code: 'DNS_OR_CONN_REFUSED', message: 'Nothing listens there.', hint: 'Start your proxy' }
const opened: Setting[] = []

function setting(): Setting {
  const clock = handClock()
  const sight = fakeSight(clock)
  const changes: number[] = []
  const verifier = createVerifier({ ...sight.parts, clock, log: silentLog, onChange: () => void changes.push(clock.now()) })
  const made = { clock, sight, verifier, changes }
  opened.push(made)
  return made
}

afterEach(async () => {
  for (const { verifier, clock } of opened.splice(0)) await Promise.all([verifier.stop(), clock.advance(100_000)])
})

const settled = async ({ verifier }: Setting): Promise<void> => await verifier.settled(AbortSignal.timeout(5000))

describe('looking whether an address leads here', () => {
  it('looks at nothing where there is no address', async () => {
    const given = setting()
    await given.clock.advance(3_600_000)
    await settled(given)
    expect([given.sight.looks, given.verifier.view()]).toEqual([[], { verified: null, fault: null }])
  })

  it('looks at everything at once, then at the challenge every 20 s, and at everything each hour', async () => {
    const given = setting()
    given.verifier.watch(url)
    await settled(given)
    expect(given.verifier.view()).toMatchObject({ verified: { at: '2026-11-24T12:00:00.000Z', ms: 7, vantage: 'self' }, fault: null })
    await given.clock.advance(60_000)
    expect(given.sight.looks).toEqual([`test ${url}`, `confirm ${url}`, `confirm ${url}`, `confirm ${url}`])
    expect(given.verifier.view().verified?.confirmedAt).toBe('2026-11-24T12:01:00.000Z')
    expect(given.changes).toHaveLength(1)
    await given.clock.advance(3_600_000)
    expect(given.sight.looks.filter((look) => look.startsWith('test'))).toHaveLength(2)
  })

  it('tells the cause within one round after the address stops to lead here, and that it is well again', async () => {
    const given = setting()
    given.verifier.watch(url)
    await settled(given)
    given.sight.fault = refused
    await given.clock.advance(20_000)
    expect(given.verifier.view()).toEqual({ verified: null, fault: refused })
    given.sight.fault = null
    await given.clock.advance(5000)
    expect(given.verifier.view()).toMatchObject({ verified: { at: '2026-11-24T12:00:25.000Z' }, fault: null })
  })

  it('takes no single failed challenge for a verdict', async () => {
    const given = setting()
    given.verifier.watch(url)
    await settled(given)
    given.sight.fault = refused
    given.sight.healsAfterChallenge = true
    await given.clock.advance(20_000)
    expect(given.sight.looks.slice(1)).toEqual([`confirm ${url}`, `test ${url}`])
    expect(given.verifier.view().fault).toBeNull()
  })

  it('looks at everything while something is wrong, because the challenge alone may be well', async () => {
    const given = setting()
    given.sight.hiddenFault = { code: 'SSE_BUFFERED', message: 'Events arrive together.' }
    given.verifier.watch(url)
    await settled(given)
    await given.clock.advance(5000)
    expect(given.sight.looks).toEqual([`test ${url}`, `test ${url}`])
    expect(given.verifier.view().fault?.code).toBe('SSE_BUFFERED')
  })

  it('looks at everything after the network changed', async () => {
    const given = setting()
    given.verifier.watch(url)
    await settled(given)
    given.sight.network = 'wlan0 10.0.0.7/24'
    await given.clock.advance(20_000)
    expect(given.sight.looks).toEqual([`test ${url}`, `test ${url}`])
  })

  it('forgets what it knew with another address, and with none', async () => {
    const given = setting()
    given.verifier.watch(url)
    await settled(given)
    given.verifier.watch('https://other.test')
    expect(given.verifier.view().verified).toBeNull()
    await settled(given)
    expect(given.sight.looks.at(-1)).toBe('test https://other.test')
    given.verifier.watch(null)
    await given.clock.advance(60_000)
    expect([given.sight.looks.length, given.verifier.view()]).toEqual([2, { verified: null, fault: null }])
  })

  it('keeps what it knows while it looks anew', async () => {
    const given = setting()
    given.verifier.watch(url)
    await settled(given)
    const { promise, resolve } = Promise.withResolvers<void>()
    given.sight.hold = promise
    given.verifier.again()
    await given.clock.advance(0)
    expect(given.verifier.view().verified).not.toBeNull()
    resolve()
    await settled(given)
    expect(given.sight.looks).toHaveLength(2)
  })

  it('a mistake of ours in the test neither ends the looking nor makes it run hot', async () => {
    const given = setting()
    given.sight.hold = Promise.reject(new TypeError('undefined is not a function'))
    given.verifier.watch(url)
    await given.clock.advance(4000)
    expect(given.sight.looks).toHaveLength(1)
    given.sight.hold = null
    await given.clock.advance(5000)
    expect(given.verifier.view().verified).not.toBeNull()
  })

  it('a look that hangs does not keep settled() past its signal', async () => {
    const given = setting()
    given.sight.hold = new Promise(() => undefined)
    given.verifier.watch(url)
    await given.verifier.settled(AbortSignal.timeout(30))
    expect(given.verifier.view()).toEqual({ verified: null, fault: null })
    given.sight.hold = null
  })
})

describe('the state that is shown', () => {
  it('says degraded with the cause only of a method that is on', () => {
    const wrong = { verified: null, fault: refused }
    expect(shownState(on, wrong)).toMatchObject({ phase: 'degraded', error: refused, urls: ['http://192.168.1.5:18790'] })
    expect(shownState({ phase: 'off' }, wrong)).toEqual({ phase: 'off' })
  })
})
