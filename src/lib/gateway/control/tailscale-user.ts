import { gatewayErrors } from '../errors.ts'
import type { Exchange } from '../edge/exchange.ts'
import { isVouchedByTailscale } from '../edge/tailscale-door.ts'

/** Who is behind an address of the tailnet, as Tailscale says; null where it knows nobody. `tagged`: a node that belongs to nobody. */
export type Whois = (address: string) => Promise<{ login: string; tagged: boolean } | null>

const LOGIN = 'tailscale-user-login'
const FUNNEL = 'tailscale-funnel-request'

/**
 * Who a visitor is by Tailscale, for a browser session. Its proxy takes these headers away from what a visitor sends and writes its own (tailscale.com
 * ipn/ipnlocal/serve.go), so at the socket that only it can write to they are its word; it is asked once more who has that address. Visitors by Funnel
 * and nodes that belong to nobody are nobody. Throws `TAILSCALE_IDENTITY_UNAVAILABLE`, `TAILSCALE_NOBODY`, and what `whois` throws.
 */
export async function tailscaleUser(exchange: Exchange, raw: readonly string[], whois: Whois): Promise<string> {
  if (!isVouchedByTailscale(exchange))
    throw gatewayErrors.TAILSCALE_IDENTITY_UNAVAILABLE({
      reason: 'Tailscale leads to a TCP port here, where any program could claim to be anybody',
    })
  const logins = valuesOf(raw, LOGIN)
  const [login] = logins
  if (login === undefined || logins.length > 1 || valuesOf(raw, FUNNEL).length > 0) throw gatewayErrors.TAILSCALE_NOBODY()
  const person = await whois(exchange.client)
  if (person === null || person.tagged || person.login !== decoded(login)) throw gatewayErrors.TAILSCALE_NOBODY()
  return person.login
}

function valuesOf(raw: readonly string[], name: string): string[] {
  return raw.flatMap((value, index) => (index % 2 === 1 && raw[index - 1]?.toLowerCase() === name ? [value] : []))
}

/** What is not ASCII is Q-encoded (RFC 2047), one word after the other. */
function decoded(value: string): string {
  if (!/^=\?utf-8\?q\?/i.test(value)) return value
  const words = [...value.matchAll(/=\?utf-8\?q\?([^?]*)\?=/gi)].map(([, text = '']) => text)
  const bytes = words
    .join('')
    .replaceAll('_', ' ')
    .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
