import { gatewayErrors } from '../errors.ts'
import type { Exchange } from '../edge/exchange.ts'
import { isVouchedByTailscale, loginByTailscale } from '../edge/tailscale-door.ts'

/** Who is behind an address of the tailnet, as Tailscale says; null where it knows nobody. `tagged`: a node that belongs to nobody. */
export type Whois = (address: string) => Promise<{ login: string; tagged: boolean } | null>

/**
 * Who a visitor is by Tailscale, for a browser session: its proxy's word, where that may be believed, and it is asked once more who has that
 * address. Visitors by Funnel and nodes that belong to nobody are nobody. Throws `TAILSCALE_IDENTITY_UNAVAILABLE`, `TAILSCALE_NOBODY`, and what
 * `whois` throws.
 */
export async function tailscaleUser(exchange: Exchange, raw: readonly string[], whois: Whois): Promise<string> {
  if (!isVouchedByTailscale(exchange))
    throw gatewayErrors.TAILSCALE_IDENTITY_UNAVAILABLE({
      reason: 'Tailscale leads to a TCP port here, where any program could claim to be anybody',
    })
  const login = loginByTailscale(exchange, raw)
  if (login === null) throw gatewayErrors.TAILSCALE_NOBODY()
  const person = await whois(exchange.client)
  if (person === null || person.tagged || person.login !== login) throw gatewayErrors.TAILSCALE_NOBODY()
  return person.login
}
