import { createClient } from '../client/xopc-client.ts'
import type { Xopc } from '../core/xopc.ts'
import { type GatewayLock, lockStatus, readLock } from '../state/lock.ts'
import type { State } from '../state/store.ts'
import { type Clock, systemClock } from '../system/clock.ts'
import { remoteErrors } from './errors.ts'
import { createSocketTransport } from './control-socket.ts'

/** Which gateway commands act on. */
export type Target = { kind: 'client'; xopc: Xopc; lock: GatewayLock } | { kind: 'offline' }

/** A gateway that starts answers within this, in milliseconds. */
const STARTING_MS = 3000
const POLL_MS = 100

/**
 * The gateway that runs on this state folder, or `offline` where there is none; one that is just starting is waited for.
 * Throws `GATEWAY_SILENT`, and `FOLDER_NOT_PRIVATE` or `STATE_NOT_OURS` for a socket that strangers could have put there.
 */
export async function connect(state: State, clock: Clock = systemClock): Promise<Target> {
  const giveUp = clock.now() + STARTING_MS
  for (;;) {
    const lock = await readLock(state)
    const status = lock === null ? 'stale' : await lockStatus(state, lock)
    if (lock === null || status === 'stale') return { kind: 'offline' }
    if (status === 'answering') return { kind: 'client', xopc: createClient(createSocketTransport(lock.socket)), lock }
    if (clock.now() >= giveUp) throw remoteErrors.GATEWAY_SILENT({ pid: lock.pid })
    await clock.sleep(POLL_MS)
  }
}
