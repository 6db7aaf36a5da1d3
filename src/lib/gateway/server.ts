import type { AccessContext } from '../access/access-method.ts'
import type { ConfigStore } from '../config/watch.ts'
import type { Xopc } from '../core/xopc.ts'
import type { Signer } from '../identity/keypair.ts'
import type { Status } from '../protocol/http-api.ts'
import type { State } from '../state/store.ts'
import type { Audit } from '../system/audit.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'

/** What the gateway is made of. */
export interface GatewayParts {
  config: ConfigStore
  state: State
  signer: Signer
  log: Log
  audit: Audit
  clock: Clock
  version: string
}

/** The doors of the gateway and what stands behind them. */
export interface Gateway {
  /** ISO time of creation. */
  readonly startedAt: string
  /** For the access methods: doors of their own. `list` gives every open door with `host:port` authorities or the socket's path. */
  readonly ingress: {
    open: AccessContext['openIngress']
    close: AccessContext['closeIngress']
    list(): Status['ingress']
  }
  /** `endOwner` ends every owner session and every stream that an owner's session or Bearer opened (not those of the control socket). */
  readonly sessions: { endOwner(): void }
  /** `http://127.0.0.1:18790`: where a program on this computer reaches the gateway, with the real port. */
  url(): string
  counts(): Status['counts']
  /** Opens `control`, `local` and, where configured, `proxy`; follows the configuration from then on. Throws `PORT_IN_USE` and kin. */
  serve(xopc: Xopc): Promise<void>
  /** Says `gateway.stopping` to whoever listens and closes everything, within 3 s. Twice equals once. */
  stop(): Promise<void>
}

/** Makes the gateway; nothing listens before `serve`. */
export function createGateway(_parts: GatewayParts): Gateway {
  throw new Error('the doors are being built')
}
