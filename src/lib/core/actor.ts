import type { AccessMethod } from '../access/access-method.ts'
import { XopcError } from '../errors/error.ts'
import type { AccessState } from '../protocol/http-api.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import { bounded } from './bounded.ts'
import { coreErrors } from './errors.ts'

/** Limits of one actor, in milliseconds. */
export interface ActorTimes {
  enableMs: number
  disableMs: number
  /** Wait before the next try, after so many failures in a row (1 and up). */
  backoffMs(failures: number): number
}

/** What an actor needs. */
export interface ActorParts {
  clock: Clock
  log: Log
  times: ActorTimes
  /** Called with every change of intent or state. */
  onChange(state: AccessState, intended: boolean): void
}

/** Keeps one method as it is intended. Only its loop calls the method, one call at a time. */
export interface Actor {
  intended(): boolean
  state(): AccessState
  /** A new intent; a running attempt at the opposite is cancelled. */
  intend(intended: boolean): void
  /** Looks again; several calls during an attempt become one more. */
  poke(): void
  /** Resolves with the state once the actor rests, or with the state as it is when the signal aborts. */
  settled(signal: AbortSignal): Promise<AccessState>
  /** Ends the loop, then disables the method, whatever is intended; bounded by `disableMs`. */
  stop(): Promise<void>
}

/** Starts an actor; its first pass begins with the first intent: what nobody asked for is taken down then. Throws nothing, and no failure of the method leaves it. */
export function createActor(method: AccessMethod, parts: ActorParts): Actor {
  const { clock, times } = parts
  const log = parts.log.child({ method: method.id })
  const ended = new AbortController()
  let intended = false
  let state: AccessState = { phase: 'off' }
  let failures = 0
  let retryAt = Infinity
  let seen = ''
  let blind = false
  let dirty = true
  let resting = false
  const begun = Promise.withResolvers<void>()
  let attempt = new AbortController()
  let rest = new AbortController()
  const waiting = new Set<() => void>()

  function become(next: AccessState): void {
    if (JSON.stringify(next) === JSON.stringify(state)) return
    state = next
    parts.onChange(state, intended)
  }

  function report(step: string, change?: 'closed'): void {
    // The same step goes on since it began.
    if (state.phase === 'starting' && state.step === step) return
    // While it is on, looking again is not starting: what works keeps its addresses on show.
    if (change === 'closed' || (state.phase !== 'on' && state.phase !== 'degraded'))
      become({ phase: 'starting', step, since: isoAt(clock.now()) })
  }

  async function pass(): Promise<void> {
    const wanted = intended
    attempt = new AbortController()
    try {
      const next = wanted ? await enable(attempt) : await disable(attempt)
      retryAt = next.phase === 'degraded' ? laterTry() : never()
      if (wanted === intended) become(next)
    } catch (error) {
      if (ended.signal.aborted || wanted !== intended) return
      retryAt = laterTry()
      become({ phase: 'failed', error: known(error).info(), retryAt: isoAt(retryAt) })
    }
  }

  function laterTry(): number {
    failures += 1
    return clock.now() + times.backoffMs(failures)
  }

  function never(): number {
    failures = 0
    return Infinity
  }

  async function enable(attempt: AbortController): Promise<AccessState> {
    report('looking')
    const work = async (signal: AbortSignal): Promise<AccessState> => {
      seen = await look(signal)
      return await method.enable(signal, report)
    }
    return await bounded(work, { id: method.id, ms: method.enableMs ?? times.enableMs, clock, attempt })
  }

  async function disable(attempt: AbortController): Promise<AccessState> {
    return await bounded((signal) => method.disable(signal), { id: method.id, ms: times.disableMs, clock, attempt })
  }

  async function look(signal: AbortSignal): Promise<string> {
    return JSON.stringify(await method.inspect(signal))
  }

  function known(error: unknown): XopcError {
    const unforeseen = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
    if (error instanceof XopcError) log.warn(error.message, { code: error.code })
    else log.error('the method failed in an unknown way', unforeseen)
    return error instanceof XopcError ? error : coreErrors.METHOD_FAILED({ id: method.id }, { cause: error })
  }

  /** Until something is asked, a try is due, or the world is another than `enable` saw. */
  async function pause(): Promise<void> {
    rest = new AbortController()
    while (!dirty && !ended.signal.aborted && clock.now() < retryAt) {
      const every = intended ? (method.inspectEveryMs ?? Infinity) : Infinity
      await sleep(Math.min(every, retryAt - clock.now()))
      if (!dirty && intended && every !== Infinity && (await differs())) return
    }
  }

  async function sleep(ms: number): Promise<void> {
    const { signal } = rest
    if (signal.aborted) return
    const woken = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    const slept =
      ms === Infinity ? woken : clock.sleep(ms, signal).catch((error: unknown) => (signal.aborted ? undefined : Promise.reject(error)))
    await Promise.race([woken, slept])
  }

  async function differs(): Promise<boolean> {
    const attempt = new AbortController()
    rest.signal.addEventListener('abort', () => attempt.abort(), { once: true })
    try {
      const now = await bounded(look, { id: method.id, ms: times.enableMs, clock, attempt })
      blind = false
      return now !== seen
    } catch (error) {
      // What cannot be seen for a moment is no reason to touch what works; it is said once.
      if (!blind && !rest.signal.aborted) known(error)
      blind = true
      return false
    }
  }

  async function run(): Promise<void> {
    await begun.promise
    while (!ended.signal.aborted) {
      dirty = false
      await pass()
      if (dirty) continue
      resting = true
      for (const tell of waiting) tell()
      await pause()
      resting = false
    }
  }

  function poke(): void {
    dirty = true
    resting = false
    rest.abort()
  }

  function intend(next: boolean): void {
    if (next !== intended) {
      intended = next
      failures = 0
      attempt.abort()
      if (next) report('looking')
      if (!next || state.phase !== 'starting') parts.onChange(state, intended)
    }
    begun.resolve()
    poke()
  }

  async function settled(signal: AbortSignal): Promise<AccessState> {
    while (!resting && !signal.aborted && !ended.signal.aborted) await rested(signal)
    return state
  }

  async function rested(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        waiting.delete(done)
        for (const each of [signal, ended.signal]) each.removeEventListener('abort', done)
        resolve()
      }
      waiting.add(done)
      for (const each of [signal, ended.signal]) each.addEventListener('abort', done, { once: true })
    })
  }

  const running = run()
  async function stop(): Promise<void> {
    ended.abort()
    begun.resolve()
    attempt.abort()
    rest.abort()
    await running
    try {
      become(await disable(new AbortController()))
    } catch (error) {
      known(error)
    }
  }

  return { intended: () => intended, state: () => state, intend, poke, settled, stop }
}

function isoAt(ms: number): string {
  return new Date(ms).toISOString()
}
