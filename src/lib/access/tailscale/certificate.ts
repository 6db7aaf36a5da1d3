import type { ErrorInfo } from '../../errors/error.ts'
import type { AccessContext, Report } from '../access-method.ts'

/** So long is waited at most, milliseconds; it mostly takes less than ten seconds, and a minute on a bad day. */
const WAIT_MS = 40_000
const PAUSE_MS = 1000
/** What a visitor meets while Tailscale has no certificate yet. */
const withoutOne: ReadonlySet<string> = new Set(['TLS_INVALID', 'TIMEOUT', 'NETWORK_ERROR'])

/**
 * Visits the address until it has a certificate, so that the first person does not have to wait for it. Where none comes in time, standing
 * verification says so. Gives what a visitor met in the end; null where it was this gateway. Throws only the signal's reason.
 */
export async function awaitCertificate(
  { probe, clock }: Pick<AccessContext, 'probe' | 'clock'>,
  { url, name }: { url: string; name: string },
  signal: AbortSignal,
  report: Report,
): Promise<ErrorInfo | null> {
  report(`waiting for the certificate of ${name}`)
  const giveUp = clock.now() + WAIT_MS
  for (;;) {
    const fault = await probe.confirm(url, signal)
    if (fault === null || !withoutOne.has(fault.code) || clock.now() >= giveUp) return fault
    await clock.sleep(PAUSE_MS, signal)
  }
}
