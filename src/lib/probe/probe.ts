import type { ErrorInfo } from '../errors/error.ts'
import type { Stage, Verdict } from '../protocol/http-api.ts'
import type { ProbeDesk } from './desk.ts'
import { askHealth, type HealthAnswer } from './health.ts'
import { runConfirm, runTest, type Surroundings } from './run.ts'
import { createLookup } from './stages/dns.ts'
import { systemTrust } from '../system/trust.ts'

/** How the staged test is to be run. */
export interface ProbeOptions {
  signal: AbortSignal
  /** Told each stage as it ends. */
  onStage?: (stage: Stage) => void
  /** Whole seconds of silence that the event stream must survive besides. */
  idle?: number
}

/** Looks at the gateway from the outside of its process, as a device would. Its vantage is always `self`. */
export interface Probe {
  /**
   * The staged test (contract 6) of an origin, as `normalizePublicUrl` gives it: at most 15 s and `idle`. What is wrong is in the verdict; throws
   * only the signal's reason.
   */
  test(url: string, options: ProbeOptions): Promise<Verdict>
  /** The short form for standing verification: dns, tcp, tls and the challenge, at most 10 s. Null where this gateway proved itself, otherwise what a staged test would say. */
  confirm(url: string, signal: AbortSignal): Promise<ErrorInfo | null>
  /** Asks `http://…` for `/health` from this computer, for at most 3 s. Never throws. */
  health(url: string, signal: AbortSignal): Promise<HealthAnswer>
}

/** The probe over plain sockets, by this computer's own name server, authorities and clock, and by no program on the way, unless told others. */
export function createProbe(desk: ProbeDesk, others: Partial<Omit<Surroundings, 'desk'>> = {}): Probe {
  const around: Surroundings = { desk, lookup: createLookup(), trust: systemTrust, ways: () => null, now: Date.now, ...others }
  return {
    test: async (url, options) => await runTest(around, url, options),
    confirm: async (url, signal) => await runConfirm(around, url, signal),
    health: askHealth,
  }
}
