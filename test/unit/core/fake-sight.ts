import type { VerifierParts } from '../../../src/lib/core/verify.ts'
import type { ErrorInfo } from '../../../src/lib/errors/error.ts'
import type { Verdict } from '../../../src/lib/protocol/http-api.ts'
import type { Clock } from '../../../src/lib/system/clock.ts'

/** The view on an address from outside, as a test decides it. */
export interface FakeSight {
  readonly parts: Pick<VerifierParts, 'probe' | 'times' | 'network'>
  /** `test <url>` and `confirm <url>`, in order. */
  readonly looks: string[]
  /** What is wrong now; null for nothing. */
  fault: ErrorInfo | null
  /** What a challenge alone would miss. */
  hiddenFault: ErrorInfo | null
  network: string
  /** What is wrong has passed by the time of the next look. */
  healsAfterChallenge: boolean
  /** Set, a look waits for it. */
  hold: Promise<void> | null
}

function verdictAt(at: string, url: string, fault: ErrorInfo | null): Verdict {
  const base = { url, at, vantage: 'self' as const, ms: 7, latencyMs: 1, stages: [] }
  return fault === null ? { ...base, ok: true } : { ...base, ok: false, fix: null, ...fault }
}

/** A sight that finds nothing wrong until told otherwise. */
export function fakeSight(clock: Clock): FakeSight {
  const sight: FakeSight = {
    looks: [],
    fault: null,
    hiddenFault: null,
    healsAfterChallenge: false,
    network: 'eth0 192.168.1.5/24',
    hold: null,
    parts: {
      probe: {
        async test(url) {
          sight.looks.push(`test ${url}`)
          await sight.hold
          return verdictAt(new Date(clock.now()).toISOString(), url, sight.fault ?? sight.hiddenFault)
        },
        async confirm(url) {
          sight.looks.push(`confirm ${url}`)
          const { fault } = sight
          if (sight.healsAfterChallenge) sight.fault = null
          return fault
        },
      },
      times: { confirmMs: 20_000, fullMs: 3_600_000, retryMs: (failures) => 5000 * failures },
      network: () => sight.network,
    },
  }
  return sight
}
