import { afterEach, describe, expect, it } from 'vitest'
import { defaultConfig, type Config } from '../../../src/lib/config/schema.ts'
import { createReconciler, type Reconciler } from '../../../src/lib/core/reconcile.ts'
import { lanErrors } from '../../../src/lib/access/lan/errors.ts'
import type { AccessState } from '../../../src/lib/protocol/http-api.ts'
import type { Audit } from '../../../src/lib/system/audit.ts'
import { silentLog } from '../../../src/lib/system/log.ts'
import { fakeMethod, on, untilAborted, type FakeMethod } from './fake-method.ts'
import { fakeSight, type FakeSight } from './fake-sight.ts'
import { handClock, type HandClock } from './hand-clock.ts'

interface Setting {
  clock: HandClock
  method: FakeMethod
  sight: FakeSight
  reconciler: Reconciler
  phases: string[]
  audited: string[]
  settled(ms?: number): Promise<AccessState>
}

const opened: Setting[] = []
/** On, and looked at. */
const verified = { ...on, verified: { vantage: 'self', verdict: { ok: true } } }

function setting(over: Partial<FakeMethod> = {}): Setting {
  const clock = handClock()
  const method = fakeMethod(over)
  const sight = fakeSight(clock)
  const phases: string[] = []
  const audited: string[] = []
  const audit: Audit = {
    write: (event, fields) => void audited.push(`${event}${fields?.['code'] === undefined ? '' : ` ${String(fields['code'])}`}`),
  }
  const reconciler = createReconciler({
    methods: [method],
    clock,
    log: silentLog,
    audit,
    times: { enableMs: 60_000, disableMs: 3000, backoffMs: (failures) => 1000 * 2 ** (failures - 1) },
    verify: sight.parts,
    onState: (_id, intended, state) =>
      void phases.push(
        `${intended ? 'wanted' : 'unwanted'} ${state.phase}${'verified' in state && state.verified !== null ? ' and seen' : ''}`,
      ),
  })
  const settled = async (ms = 5000) => await reconciler.settled('lan', AbortSignal.timeout(ms))
  const made = { clock, method, sight, reconciler, phases, audited, settled }
  opened.push(made)
  return made
}

function configWith(bind: string): Config {
  const config = defaultConfig()
  return { ...config, gateway: { ...config.gateway, bind } }
}

async function stopAll(): Promise<void> {
  for (const { reconciler, clock } of opened.splice(0)) await Promise.all([reconciler.stop(), clock.advance(10_000)])
}
afterEach(stopAll)

describe('the reconciler', () => {
  it('takes down what nobody asked for', async () => {
    const { method, reconciler, settled } = setting()
    reconciler.seed(configWith('loopback'))
    expect(await settled()).toEqual({ phase: 'off' })
    expect(method.calls).toEqual(['disable'])
  })

  it('does once what a command decided and the configuration says then', async () => {
    const { method, reconciler, settled } = setting()
    reconciler.seed(configWith('lan'))
    await settled()
    reconciler.intend('lan', false)
    reconciler.follow(configWith('lan'), configWith('loopback'))
    await settled()
    expect(method.calls).toEqual(['enable', 'disable'])
  })

  it('brings up what the configuration asks for at start', async () => {
    const { reconciler, settled, phases, audited } = setting()
    reconciler.seed(configWith('lan'))
    expect(await settled()).toMatchObject(verified)
    expect(phases).toEqual(['wanted starting', 'wanted on', 'wanted on and seen'])
    expect(audited).toEqual(['AccessAudit.enabled'])
  })

  it('enabling twice equals once', async () => {
    const { reconciler, settled, phases } = setting()
    reconciler.intend('lan', true)
    await settled()
    reconciler.intend('lan', true)
    expect(await settled()).toMatchObject(verified)
    expect(phases).toEqual(['wanted starting', 'wanted on', 'wanted on and seen'])
  })

  it('follows a changed setting, and leaves a command’s decision where its setting did not change', async () => {
    const { reconciler, settled } = setting()
    reconciler.seed(configWith('lan'))
    reconciler.intend('lan', false)
    reconciler.follow(configWith('lan'), configWith('lan'))
    expect(await settled()).toEqual({ phase: 'off' })
    reconciler.follow(configWith('loopback'), configWith('lan'))
    expect(await settled()).toMatchObject(verified)
    reconciler.follow(configWith('lan'), configWith('loopback'))
    expect(await settled()).toEqual({ phase: 'off' })
  })

  it('says why it failed and when it tries again, and waits longer each time', async () => {
    const { clock, method, reconciler, settled, audited } = setting()
    method.onEnable = () => Promise.reject(lanErrors.ADDRESS_INVALID({ address: 'x' }))
    reconciler.intend('lan', true)
    expect(await settled()).toMatchObject({ phase: 'failed', error: { code: 'ADDRESS_INVALID' }, retryAt: '2026-11-24T12:00:01.000Z' })
    await clock.advance(1000)
    expect(await settled()).toMatchObject({ phase: 'failed', retryAt: '2026-11-24T12:00:03.000Z' })
    method.onEnable = async () => on
    await clock.advance(1999)
    expect(reconciler.view('lan').state.phase).toBe('failed')
    await clock.advance(1)
    expect(await settled()).toMatchObject(verified)
    expect(audited).toEqual(['AccessAudit.failed ADDRESS_INVALID', 'AccessAudit.enabled'])
  })

  it('a failure that is a bug becomes METHOD_FAILED and goes no further', async () => {
    const { method, reconciler, settled } = setting()
    method.onEnable = () => Promise.reject(new TypeError('undefined is not a function'))
    reconciler.intend('lan', true)
    expect(await settled()).toMatchObject({ phase: 'failed', error: { code: 'METHOD_FAILED' } })
  })

  it('a method that throws instead of rejecting is caught the same way', async () => {
    const { method, reconciler, settled } = setting()
    method.inspect = () => {
      throw new Error('thrown at once')
    }
    reconciler.intend('lan', true)
    expect(await settled()).toMatchObject({ phase: 'failed', error: { code: 'METHOD_FAILED' } })
  })

  it('blocked keeps the intent', async () => {
    const { method, reconciler, settled } = setting()
    method.onEnable = async () => ({ phase: 'blocked', needs: lanErrors.LAN_NO_ADDRESS({ bind: 'lan' }).info() })
    reconciler.intend('lan', true)
    expect(await settled()).toMatchObject({ phase: 'blocked', needs: { code: 'LAN_NO_ADDRESS' } })
    expect(reconciler.view('lan').intended).toBe(true)
  })

  it('a slow enable answers with starting and its step, and goes on behind', async () => {
    const { method, reconciler, settled } = setting()
    const { promise, resolve } = Promise.withResolvers<AccessState>()
    method.onEnable = (_signal, report) => (report('waiting for the router'), promise)
    reconciler.intend('lan', true)
    expect(await settled(50)).toMatchObject({ phase: 'starting', step: 'waiting for the router' })
    resolve(on)
    expect(await settled()).toMatchObject(verified)
  })

  it('a step that is reported again goes on since it began, and is told once', async () => {
    const { clock, method, reconciler, settled, phases } = setting()
    const { promise, resolve } = Promise.withResolvers<AccessState>()
    method.onEnable = async (_signal, report) => {
      for (let count = 0; count < 3; count++) {
        report('fetching')
        await clock.sleep(1000)
      }
      return await promise
    }
    reconciler.intend('lan', true)
    await settled(50)
    const began = clock.now()
    await clock.advance(2500)
    expect(await settled(50)).toMatchObject({ phase: 'starting', step: 'fetching', since: new Date(began).toISOString() })
    expect(phases).toEqual(['wanted starting', 'wanted starting'])
    resolve(on)
    await clock.advance(1000)
  })

  it('disabling cancels a slow enable', async () => {
    const { method, reconciler, settled } = setting()
    method.onEnable = untilAborted
    reconciler.intend('lan', true)
    await settled(50)
    reconciler.intend('lan', false)
    expect(await settled()).toEqual({ phase: 'off' })
    expect(method.calls).toEqual(['enable', 'disable'])
  })

  it('disabling gets past an enable that does not listen to its signal', async () => {
    const { clock, method, reconciler, settled } = setting()
    method.onEnable = () => new Promise<never>(() => undefined)
    reconciler.intend('lan', true)
    await settled(50)
    reconciler.intend('lan', false)
    await clock.advance(1000)
    expect(await settled()).toEqual({ phase: 'off' })
  })

  it('an enable that takes too long is given up and tried again', async () => {
    const { clock, method, reconciler, settled } = setting()
    method.onEnable = untilAborted
    reconciler.intend('lan', true)
    await settled(50)
    await clock.advance(60_000)
    expect(await settled()).toMatchObject({ phase: 'failed', error: { code: 'METHOD_TIMEOUT' } })
    method.onEnable = async () => on
    await clock.advance(1000)
    expect(await settled()).toMatchObject(verified)
  })

  it('flapping intents end as the last one said, one call at a time', async () => {
    const { method, reconciler, settled } = setting()
    for (let turn = 0; turn < 50; turn++) {
      reconciler.intend('lan', turn % 2 === 0)
      if (turn % 7 === 0) await Promise.resolve()
    }
    expect(await settled()).toEqual({ phase: 'off' })
    reconciler.intend('lan', true)
    expect(await settled()).toMatchObject(verified)
    expect(method.mostAtOnce).toBe(1)
  })

  it('many pokes during one attempt become one more attempt', async () => {
    const { method, reconciler, settled } = setting()
    reconciler.intend('lan', true)
    const gate = Promise.withResolvers<AccessState>()
    method.onEnable = () => gate.promise
    reconciler.poke('lan')
    await new Promise((resolve) => setImmediate(resolve))
    for (let turn = 0; turn < 20; turn++) reconciler.poke('lan')
    const before = method.calls.length
    gate.resolve(on)
    await settled()
    expect(method.calls.length - before).toBe(1)
  })

  it('looks at the world while on, and enables anew where it is another', async () => {
    const { clock, method, reconciler, settled, audited } = setting({ inspectEveryMs: 2000 })
    reconciler.intend('lan', true)
    await settled()
    await clock.advance(4000)
    expect(method.calls).toEqual(['enable'])
    method.facts = { cards: 2 }
    method.onEnable = async () => ({ ...on, urls: ['http://10.0.0.2:18790'] })
    await clock.advance(2000)
    expect(await settled()).toMatchObject({ urls: ['http://10.0.0.2:18790'] })
    expect(audited).toEqual(['AccessAudit.enabled', 'AccessAudit.moved'])
  })

  it('stays on while it looks again', async () => {
    const { reconciler, settled, phases } = setting()
    reconciler.intend('lan', true)
    await settled()
    reconciler.poke('lan')
    await settled()
    expect(phases).toEqual(['wanted starting', 'wanted on', 'wanted on and seen'])
  })

  it('a disable that fails is tried again', async () => {
    const { clock, method, reconciler, settled } = setting()
    reconciler.intend('lan', true)
    await settled()
    method.onDisable = () => Promise.reject(new Error('still in use'))
    reconciler.intend('lan', false)
    expect(await settled()).toMatchObject({ phase: 'failed' })
    method.onDisable = async () => ({ phase: 'off' })
    await clock.advance(1000)
    expect(await settled()).toEqual({ phase: 'off' })
  })

  it('degraded is tried again until it is on', async () => {
    const { clock, method, reconciler, settled } = setting()
    method.onEnable = async () => ({
      phase: 'degraded',
      urls: on.phase === 'on' ? on.urls : [],
      error: { code: 'PORT_IN_USE', message: 'taken' },
      next: 'tried again',
    })
    reconciler.intend('lan', true)
    expect(await settled()).toMatchObject({ phase: 'degraded' })
    method.onEnable = async () => on
    await clock.advance(1000)
    expect(await settled()).toMatchObject(verified)
  })

  it('stopping takes everything down within its bound, also from the middle of an enable', async () => {
    const { clock, method, reconciler, settled } = setting()
    method.onEnable = () => new Promise<never>(() => undefined)
    method.onDisable = () => new Promise<never>(() => undefined)
    reconciler.intend('lan', true)
    await settled(50)
    const stopped = reconciler.stop()
    await clock.advance(5000)
    await stopped
    expect(method.calls.at(-1)).toBe('disable')
  })

  it('does not know other methods', async () => {
    const { reconciler } = setting()
    // `as`: what a person may type into a path.
    expect(() => reconciler.view('moon' as 'lan')).toThrow(expect.objectContaining({ code: 'UNKNOWN_METHOD' }))
  })
})
