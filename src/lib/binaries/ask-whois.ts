import { createSingleFlight } from '../system/single-flight.ts'
import { findTailscale } from './tailscale.ts'
import type { TailscalePerson } from './tailscale-whois.ts'

/** Asks Tailscale who is behind an address; who asks twice at once shares the answer, so that nobody starts programs here by the dozen. */
export function createWhois(env: NodeJS.ProcessEnv): (address: string) => Promise<TailscalePerson | null> {
  return createSingleFlight(async (address: string) => await (await findTailscale(env)).whois(address))
}
