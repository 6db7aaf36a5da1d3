import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ConfigStore } from '../../config/watch.ts'
import type { Xopc } from '../../core/xopc.ts'
import type { Signer } from '../../identity/keypair.ts'
import type { Sessions } from '../../identity/sessions.ts'
import type { Tickets } from '../../identity/tickets.ts'
import type { Audit } from '../../system/audit.ts'
import type { Clock } from '../../system/clock.ts'
import type { Log } from '../../system/log.ts'
import type { Exchange } from '../edge/exchange.ts'
import type { Limiter } from '../edge/limits.ts'

/** What the API and the console are given. */
export interface ControlParts {
  xopc: Xopc
  config: ConfigStore
  sessions: Sessions
  tickets: Tickets
  limiter: Limiter
  signer: Signer
  log: Log
  audit: Audit
  clock: Clock
  version: string
}

/** The API and the console: what the edge hands its own paths to. */
export interface Control {
  handle(request: IncomingMessage, response: ServerResponse, exchange: Exchange): void
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, exchange: Exchange): void
  /** Open event streams and WebSockets of our own routes. */
  counts(): { sse: number; webSockets: number }
  /** Ends every stream that an owner's session or Bearer opened. */
  endOwnerStreams(): void
  /** Ends event streams with `gateway.stopping` and closes WebSockets; bounded. */
  close(): Promise<void>
}

/** Builds the control API; loaded lazily because fastify is heavy. */
export async function createControl(_parts: ControlParts): Promise<Control> {
  throw new Error('the control API is being built')
}
