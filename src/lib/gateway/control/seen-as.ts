import type { IngressId, Overview } from '../../protocol/http-api.ts'
import type { Exchange } from '../edge/exchange.ts'
import { reachOf } from '../../protocol/reach.ts'

const foreignDoors: ReadonlySet<IngressId> = new Set<IngressId>(['control', 'tailscale', 'tunnel'])

/**
 * The public origin that this request came by, where it is worth offering as `publicUrl`: https, a public name, not set already. Behind a
 * proxy that nobody configured the exchange says http; there the browser's own Origin, proven by its session, tells.
 */
export function seenAs(exchange: Exchange, sessionOrigin: string | null, publicUrl: string | undefined): Overview['seenAs'] {
  const origin = sessionOrigin ?? `${exchange.proto}://${exchange.host}`
  // A name that Tailscale or a broker gave is no proxy of the person's own.
  if (foreignDoors.has(exchange.ingress) || !URL.canParse(origin)) return null
  const { protocol, hostname } = new URL(origin)
  if (protocol !== 'https:' || reachOf(hostname) !== 'public' || origin === publicUrl) return null
  return { origin, ingress: exchange.ingress }
}
