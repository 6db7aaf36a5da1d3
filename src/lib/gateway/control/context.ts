import type { ConfigStore } from '../../config/watch.ts'
import type { Xopc } from '../../core/xopc.ts'
import type { Devices } from '../../identity/devices.ts'
import type { Signer } from '../../identity/keypair.ts'
import type { Pairing } from '../../identity/pairing.ts'
import type { Sessions } from '../../identity/sessions.ts'
import type { Tickets } from '../../identity/tickets.ts'
import type { GatewayEvent } from '../../protocol/http-api.ts'
import type { Audit } from '../../system/audit.ts'
import type { Clock } from '../../system/clock.ts'
import type { Log } from '../../system/log.ts'
import type { Principal } from '../edge/exchange.ts'
import type { Limiter, Streams } from '../edge/limits.ts'
import type { Names } from '../edge/origin.ts'
import type { Refusals } from '../edge/refusals.ts'
import type { ProbeBook } from '../probe-desk.ts'
import type { StreamHub } from './streams.ts'
import type { Whois } from './tailscale-user.ts'

/** What the API and the console are given. */
export interface ControlParts {
  /** With where an event is told that the API itself causes. */
  xopc: Xopc & { publish(type: GatewayEvent['type'], data: unknown): void }
  config: ConfigStore
  names: Names
  sessions: Sessions
  tickets: Tickets<Principal>
  devices: Devices
  pairing: Pairing
  limiter: Limiter
  streams: Streams
  signer: Signer
  /** Nonces of the tests that this gateway runs. */
  probes: Pick<ProbeBook, 'find'>
  log: Log
  audit: Audit
  /** For the audit log what strangers cause, and could fill it with. */
  refusals: Refusals
  clock: Clock
  /** Who is behind an address of the tailnet. */
  whois: Whois
  version: string
  /** Called when a source was blocked, for the `auth.blocked` event. */
  onBlocked(source: string): void
}

/** What a handler reaches: the parts, and the event streams of this API. */
export interface ControlContext extends ControlParts {
  hub: StreamHub
}
