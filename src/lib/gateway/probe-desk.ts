import type { Signer } from '../identity/keypair.ts'
import type { Tickets } from '../identity/tickets.ts'
import type { Announcement, Arrival, ProbeDesk } from '../probe/desk.ts'
import type { Principal } from './edge/exchange.ts'

/** A nonce of a running test, as the challenge route finds it. */
export interface Announced {
  readonly origin: string
  arrive(arrival: Arrival): void
}

/** What the gateway does for the tests that it runs itself. */
export interface ProbeBook extends ProbeDesk {
  /** The running test that this nonce belongs to, or null. */
  find(nonce: string): Announced | null
}

/** Whoever holds such a ticket may use the probe's routes and nothing else. */
const PROBE: Principal = { kind: 'ticket', id: 'probe', scopes: new Set(), ticket: 'probe' }

/** Nonces in memory for as long as their test runs. A nonce is 256 random bits, so only who was asked by the test can bring it. */
export function createProbeBook({ signer, tickets }: { signer: Signer; tickets: Tickets<Principal> }): ProbeBook {
  const running = new Map<string, Announced & { arrival: Arrival | null }>()
  return {
    gatewayId: signer.gatewayId,
    publicKey: signer.publicKey,
    ticket: () => tickets.issue('probe', PROBE).ticket,
    find: (nonce) => running.get(nonce) ?? null,
    announce(nonce, origin): Announcement {
      const entry = { origin, arrival: null as Arrival | null, arrive: (arrival: Arrival) => void (entry.arrival = arrival) }
      running.set(nonce, entry)
      return { arrived: () => entry.arrival, end: () => void running.delete(nonce) }
    },
  }
}
