import { isLoopbackBind } from '../access/lan/config.ts'
import type { Config } from './schema.ts'

/** In words, what makes the gateway reachable from other computers (or for a proxy that is); null where nothing does. */
export function exposureOf({ gateway, tunnel }: Config): string | null {
  if (!isLoopbackBind(gateway.bind)) return `gateway.bind is ${gateway.bind}`
  if (gateway.tailscale.mode !== 'off') return `gateway.tailscale.mode is ${gateway.tailscale.mode}`
  if (tunnel.enabled || tunnel.autoStart) return 'the public tunnel is wanted'
  if (gateway.publicUrl !== undefined) return `gateway.publicUrl is ${gateway.publicUrl}`
  return gateway.proxySocket === undefined ? null : 'gateway.proxySocket lets a proxy in'
}
