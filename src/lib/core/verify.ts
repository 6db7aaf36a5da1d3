import type { ErrorInfo } from '../errors/error.ts'
import type { Probe } from '../probe/probe.ts'
import type { AccessState, OutsideLook, Verdict, Verification } from '../protocol/http-api.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'

/** How often is looked, in milliseconds. */
export interface VerifyTimes {
  /** Between challenges, while all is well. */
  confirmMs: number
  /** Between full tests, while all is well. */
  fullMs: number
  /** Before the next full test, after so many in a row that failed (1 and up). */
  retryMs(failures: number): number
}

/** What a verifier needs. */
export interface VerifierParts {
  probe: Pick<Probe, 'test' | 'confirm'>
  clock: Clock
  log: Log
  times: VerifyTimes
  /** This computer's networks in one word; another one means that everything is looked at anew. */
  network(): string
  /** A look from somewhere else, after a full test that passed; absent or null where there is nobody to look. Throws only the signal's reason. */
  lookFromOutside?: ((signal: AbortSignal) => Promise<OutsideLook | null>) | undefined
  /** Told of each full test that failed. */
  onFault?: ((fault: ErrorInfo) => void) | undefined
  /** Called after each look that changed what is known. */
  onChange(): void
}

/** What is known of an address. */
export interface Checked {
  /** The last full test that passed; null where none has, or the last look failed. */
  verified: Verification | null
  /** Why the last look failed; null where it did not. */
  fault: ErrorInfo | null
}

/** Looks again and again whether an address still leads to this gateway. */
export interface Verifier {
  /** The address to look at; null for none. Another one than before is looked at at once. */
  watch(url: string | null): void
  /** Looks at everything anew, now. */
  again(): void
  view(): Checked
  /** Resolves once the address has been looked at, or when the signal aborts. */
  settled(signal: AbortSignal): Promise<void>
  /** Ends the look that is going on, and all later ones. */
  stop(): Promise<void>
}

const NOTHING: Checked = { verified: null, fault: null }

/** Starts looking with the first address. One failed challenge is no verdict: the full test that follows at once is. */
export function createVerifier(parts: VerifierParts): Verifier {
  const { probe, clock, log, times } = parts
  let target: string | null = null
  let checked = NOTHING
  let fresh = false
  let failures = 0
  let fullAt = -Infinity
  let network = ''
  let stopped = false
  let round = new AbortController()
  const waiting = new Set<() => void>()

  async function run(): Promise<void> {
    while (!stopped) {
      round = new AbortController()
      const { signal } = round
      await unlessCalled(signal, async () => {
        if (target !== null) await look(target, signal)
      })
      await unlessCalled(signal, async () => await clock.sleep(nextIn(), signal))
    }
  }

  /** A call for something else ends what is going on; that is no error. */
  async function unlessCalled(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    const called = Promise.withResolvers<never>()
    const leave = (): void => called.reject(signal.reason)
    signal.addEventListener('abort', leave, { once: true })
    if (signal.aborted) leave()
    try {
      // A look that does not listen to its signal is left behind: it must not hold up the end of the gateway.
      await Promise.race([work(), called.promise])
    } catch (error) {
      if (!signal.aborted) report(error)
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }

  async function look(url: string, signal: AbortSignal): Promise<void> {
    const now = parts.network()
    const moved = now !== network
    network = now
    if (!fresh || moved || failures > 0 || clock.now() - fullAt >= times.fullMs) return await full(url, signal)
    const lost = await probe.confirm(url, signal)
    if (lost !== null) return await full(url, signal)
    if (checked.verified !== null) checked = { ...checked, verified: { ...checked.verified, confirmedAt: isoAt(clock.now()) } }
  }

  async function full(url: string, signal: AbortSignal): Promise<void> {
    const verdict = await probe.test(url, { signal })
    signal.throwIfAborted()
    fullAt = clock.now()
    failures = verdict.ok ? 0 : failures + 1
    fresh = true
    checked = checkedBy(verdict)
    for (const tell of waiting) tell()
    parts.onChange()
    if (checked.fault !== null) parts.onFault?.(checked.fault)
    else await elsewhere(signal)
  }

  /** Nobody waits for it: what was seen from here stands meanwhile. */
  async function elsewhere(signal: AbortSignal): Promise<void> {
    const outside = (await parts.lookFromOutside?.(signal)) ?? null
    signal.throwIfAborted()
    if (outside === null || checked.verified === null) return
    checked = { ...checked, verified: { ...checked.verified, vantage: outside.ok ? 'outside' : checked.verified.vantage, outside } }
    parts.onChange()
  }

  function nextIn(): number {
    if (target === null) return FOREVER
    return failures === 0 ? times.confirmMs : times.retryMs(failures)
  }

  function report(error: unknown): void {
    // The test says in its verdict what is wrong; what is thrown is a mistake of ours, and the next look is a try of its own.
    failures += 1
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    log.error('looking at the address failed in an unknown way', { error: text })
  }

  function restart(): void {
    fresh = false
    failures = 0
    round.abort()
  }

  const running = run()
  return {
    watch(url) {
      if (url === target) return
      target = url
      checked = NOTHING
      restart()
      for (const tell of waiting) if (url === null) tell()
    },
    again() {
      if (target !== null) restart()
    },
    view: () => checked,
    async settled(signal) {
      if (target === null || fresh || signal.aborted) return
      await new Promise<void>((resolve) => {
        const done = (): void => {
          waiting.delete(done)
          signal.removeEventListener('abort', done)
          resolve()
        }
        waiting.add(done)
        signal.addEventListener('abort', done, { once: true })
      })
    },
    async stop() {
      stopped = true
      round.abort()
      for (const tell of waiting) tell()
      await running
    },
  }
}

/** Sleeping is woken by `watch`; a day at a time, because timers hold no more than 24 days. */
const FOREVER = 86_400_000

function checkedBy(verdict: Verdict): Checked {
  const { at, vantage, ms } = verdict
  if (verdict.ok) return { verified: { at, confirmedAt: at, vantage, ms, verdict }, fault: null }
  const { code, message, hint, docs } = verdict
  return { verified: null, fault: { code, message, ...(hint === undefined ? {} : { hint }), ...(docs === undefined ? {} : { docs }) } }
}

/** The state as it is shown: what a method says of itself, and what was found by looking from outside of it. Pure. */
export function shownState(state: AccessState, { verified, fault }: Checked): AccessState {
  if (state.phase !== 'on') return state
  if (fault === null) return { ...state, verified }
  return { phase: 'degraded', urls: state.urls, error: fault, next: 'It is looked at again every few seconds, and at once after a change.' }
}

function isoAt(ms: number): string {
  return new Date(ms).toISOString()
}
