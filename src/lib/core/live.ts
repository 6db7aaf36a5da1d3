import type { IngressAddress, IngressPlace } from '../access/access-method.ts'
import type { ConfigStore } from '../config/watch.ts'
import type { Signer } from '../identity/keypair.ts'
import type { GatewayEvent, IngressId, Status } from '../protocol/http-api.ts'
import type { State } from '../state/store.ts'
import type { Supervisor } from '../supervisor/supervisor.ts'
import type { Audit } from '../system/audit.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import { coreErrors } from './errors.ts'
import type { Xopc } from './xopc.ts'

/** The doors, as the gateway opens and closes them. */
export interface IngressControl {
  open(id: IngressId, where: IngressPlace): Promise<IngressAddress>
  close(id: IngressId): Promise<void>
}

/** What the gateway knows about itself. */
export interface GatewayFacts {
  version: string
  /** Milliseconds since the epoch. */
  startedAt: number
  /** The local door: `http://127.0.0.1:18790`. */
  url(): string
  counts(): Status['counts']
  listIngress(): Status['ingress']
}

/** What the live implementation is made of. */
export interface LiveParts {
  config: ConfigStore
  state: State
  signer: Signer
  supervise: Supervisor
  log: Log
  audit: Audit
  clock: Clock
  ingress: IngressControl
  gateway: GatewayFacts
  /** Each asks and returns at once; the composition acts after the reply has gone out. */
  lifecycle: { stop(): void; restart(): void }
  /** Ends every session and open stream of the owner, where the token changed. */
  sessions: { endOwner(): void }
}

/** Xopc inside the running gateway. */
export interface Live extends Xopc {
  /** Brings up what the configuration asks for; returns at once where a method is slow, and never throws because of one. */
  start(): Promise<void>
  /** Takes every method down without changing what is intended, ends events; within 5 s. */
  shutdown(): Promise<void>
  /** Adds an event for every subscriber; the edge tells `auth.blocked` by it. */
  publish(type: GatewayEvent['type'], data: unknown): void
}

/** The implementation that acts: one actor per access method under a reconciler. */
export function createLive(parts: LiveParts): Live {
  throw coreErrors.GATEWAY_NOT_RUNNING({}, { cause: parts })
}
