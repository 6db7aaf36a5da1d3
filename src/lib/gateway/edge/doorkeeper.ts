import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { IngressId } from '../../protocol/http-api.ts'

/** Judges what comes through a door; `createEdge` gives one. */
export interface Doorkeeper {
  handle(req: IncomingMessage, res: ServerResponse, ingress: IngressId): void
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer, ingress: IngressId): void
}
