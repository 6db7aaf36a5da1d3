import type { AccessContext } from '../access/access-method.ts'
import type { ConfigStore } from '../config/watch.ts'
import type { ErrorInfo } from '../errors/error.ts'
import type { Devices } from '../identity/devices.ts'
import type { Signer } from '../identity/keypair.ts'
import type { Pairing } from '../identity/pairing.ts'
import type { Status } from '../protocol/http-api.ts'
import type { ProbeDesk } from '../probe/desk.ts'
import type { State } from '../state/store.ts'
import type { Supervisor } from '../supervisor/supervisor.ts'
import type { Audit } from '../system/audit.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'

/** The doors, as the gateway opens and closes them. */
export interface IngressControl {
  open: AccessContext['openIngress']
  close: AccessContext['closeIngress']
}

/** What the gateway knows about itself. */
export interface GatewayFacts {
  readonly version: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** The local door: `http://127.0.0.1:18790`, with the real port. */
  url(): string
  counts(): Status['counts']
  listIngress(): Status['ingress']
  /** Why doors that the configuration asks for are not open, besides those of the access methods. */
  refusedDoors(): readonly ErrorInfo[]
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
  devices: Devices
  pairing: Pairing
  /** What tests of this gateway's own ways in need of it. */
  probes: ProbeDesk
  gateway: GatewayFacts
  /** Each asks and returns at once; the composition acts after the reply has gone out. */
  lifecycle: { stop(): void; restart(): void }
  /** Ends every session and open stream of the owner, where the token changed. */
  sessions: { endOwner(): void }
}
