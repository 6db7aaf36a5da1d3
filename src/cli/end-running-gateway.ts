import { connect } from '../lib/remote/local.ts'
import { type GatewayLock, lockStatus, readLock } from '../lib/state/lock.ts'
import { type State, openState } from '../lib/state/store.ts'
import { XopcError } from '../lib/errors/error.ts'
import { systemClock } from '../lib/system/clock.ts'
import { sendSignal } from '../lib/system/process.ts'
import { liveness } from '../lib/system/process-identity.ts'
import { cliErrors } from './errors.ts'

/** How long each way of asking may take, milliseconds. */
const patienceMs = 4000
const pollMs = 50

/** `--force`: ends the gateway that runs on this state folder, if one does, and nothing else. Throws `GATEWAY_WOULD_NOT_END`. */
export async function endRunningGateway(env: NodeJS.ProcessEnv): Promise<void> {
  const state = await openState(env)
  const lock = await readLock(state)
  if (lock === null || (await lockStatus(state, lock)) === 'stale') return
  if ((await askToStop(state)) && (await gone(state, lock))) return
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    // The pid is the gateway's only while boot, namespace and start time say so: a recycled number is somebody else.
    if ((await liveness(lock)) === 'alive') sendSignal(lock.pid, signal)
    if (await gone(state, lock)) return
  }
  throw cliErrors.GATEWAY_WOULD_NOT_END({ pid: lock.pid })
}

/** False where it does not answer; signals come next. */
async function askToStop(state: State): Promise<boolean> {
  try {
    const target = await connect(state)
    if (target.kind === 'client') await target.xopc.stop()
    return true
  } catch (error) {
    if (error instanceof XopcError) return false
    throw error
  }
}

async function gone(state: State, lock: GatewayLock): Promise<boolean> {
  for (const giveUp = systemClock.now() + patienceMs; systemClock.now() < giveUp; await systemClock.sleep(pollMs)) {
    if ((await lockStatus(state, lock)) === 'stale') return true
  }
  return false
}
