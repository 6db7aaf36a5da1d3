import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { IngressAddress, IngressPlace } from '../../access/access-method.ts'
import type { IngressId } from '../../protocol/http-api.ts'
import type { Log } from '../../system/log.ts'
import type { Connections } from './connections.ts'

/** Judges what comes through a door; `createEdge` gives one. */
export interface Doorkeeper {
  handle(req: IncomingMessage, res: ServerResponse, ingress: IngressId): void
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer, ingress: IngressId): void
}

/** The gateway's listeners, each belonging to one ingress. */
export interface Ingresses {
  /** Opens the door, or moves it: addresses that stay keep their listeners and connections. Port 0 takes a free one (the same for every host). Throws `PORT_IN_USE`, `PORT_NOT_PERMITTED`, `ADDRESS_NOT_AVAILABLE`, `SOCKET_REFUSED`. */
  open(id: IngressId, place: IngressPlace): Promise<IngressAddress>
  /** Ends the listeners and every connection that came through them. */
  close(id: IngressId): Promise<void>
  list(): { id: IngressId; addresses: string[] }[]
  /** Closes all doors. */
  stop(): Promise<void>
}

export declare function createIngresses(given: { keeper: Doorkeeper; connections: Connections; log: Log }): Ingresses
