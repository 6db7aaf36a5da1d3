import type { Socket } from 'node:net'
import type { IngressId } from '../../protocol/http-api.ts'

/** Every open connection with the door it came through; holds the limits on those that proved nothing yet. Made once, given to `createIngresses` and `createEdge`. */
export interface Connections {
  /** A new connection; false where it is one too many and was destroyed. */
  accept(socket: Socket, ingress: IngressId): boolean
  /** Ends every connection of a listener, also upgraded ones. */
  count(): number
  /** Ends every connection that a credential opened (not on `control`): the token was rotated. */
  endProven(): void
}
export declare function createConnections(given: { trustedProxies: () => readonly string[] }): Connections
