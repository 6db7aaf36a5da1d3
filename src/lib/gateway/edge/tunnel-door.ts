import { isLoopback } from './addresses.ts'
import type { Head } from './head.ts'
import type { OwnNames } from './origin.ts'

/**
 * What may be believed of a request that came by the public tunnel. Only our frpc leads to that socket (0600, in a folder of 0700), and the broker's
 * frp server appends the visitor's address to X-Forwarded-For, or that of the proxy before it, on its own computer. So from the right, loopback hops are
 * skipped and the first other address is the visitor: what stands left of it is the visitor's own word. Who comes from the broker's own computer
 * has no address that means anything here, and is called by the door. frp always says http and says nothing
 * true about the scheme; that comes from the lease. Host is as the visitor sent it, by which the server found the way here. Pure.
 */
export function headByTunnel(head: Head, { origins }: OwnNames): Head {
  const [origin = ''] = origins
  return { ...head, forwardedProto: [origin.startsWith('https:') ? 'https' : 'http'], forwardedHost: null }
}

/** The hops that are the broker's own. */
export const isTunnelHop = isLoopback
