import type { ErrorInfo } from '../errors/error.ts'
import type { Probe } from '../probe/probe.ts'
import { createSingleFlight } from '../system/single-flight.ts'
import type { StageName, Verdict } from '../protocol/http-api.ts'

/** What was found at addresses by looking now: null where this gateway proved itself and credentials arrive, else why a device could not use it. */
export type Looks = ReadonlyMap<string, ErrorInfo | null>

/** Looks at addresses as a device would use them. */
export interface Looker {
  /** At several side by side, for at most 2.5 s; whoever asks for an address that is being looked at shares that look. */
  at(urls: readonly string[]): Promise<Looks>
  /** At one, with the patience of the staged test: its verdict where a device could not use the address, or null. */
  faultAt(url: string): Promise<Extract<Verdict, { ok: false }> | null>
}

/** The staged test bounds itself at 15 s; this is for a computer that stood still meanwhile. */
const PATIENT_MS = 20_000
/** How long a person waits for a code while addresses are looked at that are in doubt. */
const QUICK_MS = 2500
/** A device can live without streams that arrive at once; without these it does not reach this gateway, or not as itself. The last of them is `auth`. */
const needed: ReadonlySet<StageName> = new Set(['dns', 'tcp', 'tls', 'http', 'identity', 'auth'])

/** The staged test, as far as a device needs it: it ends with the first credential that arrives. */
export function createLooker(probe: Pick<Probe, 'test'>): Looker {
  async function look(url: string, limit: AbortSignal): Promise<Extract<Verdict, { ok: false }> | null> {
    const enough = new AbortController()
    try {
      const verdict = await probe.test(url, {
        signal: AbortSignal.any([limit, enough.signal]),
        onStage: ({ stage, status }) => {
          if (stage === 'auth' && (status === 'pass' || status === 'warn')) enough.abort()
        },
      })
      if (verdict.ok) return null
      return verdict.stages.some(({ stage, status }) => status === 'fail' && needed.has(stage)) ? verdict : null
    } catch (error) {
      if (enough.signal.aborted) return null
      throw error
    }
  }

  async function quick(url: string): Promise<ErrorInfo | null> {
    const limit = AbortSignal.timeout(QUICK_MS)
    try {
      const fault = await look(url, limit)
      return fault && { code: fault.code, message: fault.message, ...(fault.hint === undefined ? {} : { hint: fault.hint }) }
    } catch (error) {
      if (!limit.aborted) throw error
      return { code: 'TIMEOUT', message: `There was no complete answer within ${QUICK_MS / 1000} s.` }
    }
  }

  const shared = createSingleFlight(quick)

  return {
    at: async (urls) => new Map(await Promise.all(urls.map(async (url) => [url, await shared(url)] as const))),
    faultAt: async (url) => await look(url, AbortSignal.timeout(PATIENT_MS)),
  }
}
