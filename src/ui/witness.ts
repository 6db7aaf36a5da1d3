import type { AccessId, IngressId, MethodView } from '../lib/protocol/http-api.ts'
import type { Device } from '../lib/protocol/pairing-api.ts'

/** The doors that each way in leads to: a proxy on this computer comes in as the computer itself does. */
const doors: Record<AccessId, readonly IngressId[]> = {
  tailscale: ['tailscale'],
  lan: ['lan'],
  proxy: ['local', 'proxy'],
  tunnel: ['tunnel'],
}

/** The device that came by a way in last: its own traffic is the best proof. Pure. */
export function witnessOf({ id, state }: Pick<MethodView, 'id' | 'state'>, devices: readonly Device[]): Device | null {
  const came = devices.filter(
    (device) => device.lastSeenAt !== null && device.lastIngress !== null && doors[id].includes(device.lastIngress),
  )
  const urls = 'urls' in state ? state.urls : []
  // What came from this computer came by the proxy only where it knows the gateway by the proxy's address.
  const witnesses = id !== 'proxy' ? came : came.filter(({ baseUrl }) => baseUrl !== null && urls.includes(baseUrl))
  return witnesses.toSorted((a, b) => (b.lastSeenAt ?? '').localeCompare(a.lastSeenAt ?? ''))[0] ?? null
}
