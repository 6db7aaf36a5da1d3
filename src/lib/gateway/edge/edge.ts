import type { Config } from '../../config/schema.ts'
import type { Sessions } from '../../identity/sessions.ts'
import type { Tickets } from '../../identity/tickets.ts'
import type { Health } from '../../protocol/http-api.ts'
import type { Audit } from '../../system/audit.ts'
import type { Clock } from '../../system/clock.ts'
import type { Log } from '../../system/log.ts'
import type { Connections } from './connections.ts'
import type { Control } from './control-port.ts'
import type { Principal } from './exchange.ts'
import type { Doorkeeper } from './ingress.ts'
import type { Limiter, Streams } from './limits.ts'
import type { Names } from './origin.ts'

/** What the edge is given. */
export interface EdgeParts {
  /** Asked for on every request; a new object means the configuration changed. */
  config: () => Config
  names: Names
  sessions: Sessions
  tickets: Tickets<Principal>
  limiter: Limiter
  streams: Streams
  connections: Connections
  /** Loads the control API on first use. */
  control: () => Promise<Control>
  health: () => Health
  log: Log
  audit: Audit
  clock: Clock
  /** Called when a source was blocked, for the `auth.blocked` event. */
  onBlocked?: (source: string) => void
}

/** Where every request passes. */
export interface Edge extends Doorkeeper {
  counts(): { webSockets: number; requests: number }
  /** Ends the connections to the upstream. */
  close(): Promise<void>
}

export declare function createEdge(parts: EdgeParts): Edge
