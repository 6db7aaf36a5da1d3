import type { TailscalePerson } from '../lib/binaries/tailscale-whois.ts'

/** Asks Tailscale who is behind an address; who asks twice at once shares the answer, so that nobody starts programs here by the dozen. */
export function createWhois(env: NodeJS.ProcessEnv): (address: string) => Promise<TailscalePerson | null> {
  const flights = new Map<string, Promise<TailscalePerson | null>>()
  return async (address) => {
    const running = flights.get(address)
    if (running !== undefined) return await running
    const flight = ask(env, address).finally(() => flights.delete(address))
    flights.set(address, flight)
    return await flight
  }
}

/** Loaded with the first visitor whom Tailscale names. */
async function ask(env: NodeJS.ProcessEnv, address: string): Promise<TailscalePerson | null> {
  const { findTailscale } = await import('../lib/binaries/tailscale.ts')
  return await (await findTailscale(env)).whois(address)
}
