import type { AccessMethod } from '../../../src/lib/access/access-method.ts'
import type { AccessState } from '../../../src/lib/protocol/http-api.ts'

/** A method whose every step a test decides. */
export interface FakeMethod extends AccessMethod {
  /** What was called, in order. */
  readonly calls: string[]
  /** What `enable` does next; it stays until replaced. */
  onEnable: (signal: AbortSignal, report: (step: string) => void) => Promise<AccessState>
  onDisable: (signal: AbortSignal) => Promise<AccessState>
  /** What `inspect` finds. */
  facts: Record<string, unknown>
  /** How many of its calls run at the same time, at most. */
  mostAtOnce: number
}

/** On with one URL. */
export const on: AccessState = { phase: 'on', urls: ['http://192.168.1.5:18790'], since: '2026-11-24T12:00:00.000Z', verified: null }

/** A method that goes on and off at once, until told otherwise. */
export function fakeMethod(over: Partial<FakeMethod> = {}): FakeMethod {
  let running = 0
  async function counted<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    fake.calls.push(name)
    fake.mostAtOnce = Math.max(fake.mostAtOnce, ++running)
    try {
      return await work()
    } finally {
      running -= 1
    }
  }
  const fake: FakeMethod = {
    id: 'lan',
    calls: [],
    mostAtOnce: 0,
    facts: { cards: 1 },
    onEnable: async () => on,
    onDisable: async () => ({ phase: 'off' }),
    intended: (config) => config.gateway.bind !== 'loopback',
    audience: () => 'lan',
    inspect: async () => fake.facts,
    plan: () => ({ steps: [] }),
    enable: async (signal, report) => await counted('enable', async () => await fake.onEnable(signal, report)),
    disable: async (signal) => await counted('disable', async () => await fake.onDisable(signal)),
    diagnose: async () => [],
    ...over,
  }
  return fake
}

/** Work that ends only when its signal does. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted')), { once: true })
  })
}
