import { XopcError } from '../lib/errors/error.ts'
import type { Status } from '../lib/protocol/http-api.ts'
import { connect } from '../lib/remote/target.ts'
import type { State } from '../lib/state/store.ts'
import { cliErrors } from './errors.ts'

/** A stop is bounded by the gateway itself; this is more. Milliseconds. */
const goneMs = 15_000
const backMs = 30_000
const pollMs = 50

/** Resolves when no gateway holds the state folder any more. Throws `GATEWAY_STAYS`. */
export async function waitUntilGone(state: State): Promise<void> {
  const { lockStatus, readLock } = await import('../lib/state/lock.ts')
  const gone = async (): Promise<true | null> => {
    const lock = await readLock(state)
    return lock === null || (await lockStatus(state, lock)) === 'stale' ? true : null
  }
  await within(goneMs, gone, 'end')
}

/** Resolves with the status of the gateway that started after the one of `startedAt`. Throws `GATEWAY_STAYS`. */
export async function waitUntilBack(state: State, startedAt: string): Promise<Status> {
  return within(backMs, async () => newer(await currentStatus(state), startedAt), 'come back')
}

function newer(status: Status | null, startedAt: string): Status | null {
  return status !== null && status.startedAt !== startedAt ? status : null
}

/** Null while it is between its two lives: no lock, or a socket that nobody answers yet. */
async function currentStatus(state: State): Promise<Status | null> {
  try {
    const target = await connect(state)
    return target.kind === 'client' ? await target.xopc.status() : null
  } catch (error) {
    if (error instanceof XopcError) return null
    throw error
  }
}

async function within<Result>(limitMs: number, attempt: () => Promise<Result | null>, what: string): Promise<Result> {
  const { systemClock } = await import('../lib/system/clock.ts')
  for (const giveUp = systemClock.now() + limitMs; systemClock.now() < giveUp; await systemClock.sleep(pollMs)) {
    const result = await attempt()
    if (result !== null) return result
  }
  throw cliErrors.GATEWAY_STAYS({ what, seconds: limitMs / 1000 })
}
