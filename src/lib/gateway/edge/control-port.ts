import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Exchange } from './exchange.ts'

/**
 * What the edge hands its own paths to. `req.url` was made uniform: the API is at `/api/…` whether the client wrote `/xopc/api/…` or
 * `/api/…`, the console at `/xopc/…` (`/` without an upstream arrives as `/xopc/`), and tickets are gone from the query. The body is
 * unread. Default security headers and CORS headers are already set on `res` and may be overwritten.
 */
export interface Control {
  handle(req: IncomingMessage, res: ServerResponse, exchange: Exchange): void
  /** Only valid WebSocket handshakes with an Origin of ours, or none, arrive here. */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer, exchange: Exchange): void
  close(): Promise<void>
}
