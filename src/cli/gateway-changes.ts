import { XopcError } from '../lib/errors/error.ts'
import type { Status } from '../lib/protocol/http-api.ts'
import type { Connection } from './connection.ts'
import { cliErrors } from './errors.ts'

/** A stop is bounded by the gateway itself; this is more. Milliseconds. */
const goneMs = 15_000
const backMs = 30_000
const pollMs = 50

type Again = Pick<Connection, 'again'>

/** Resolves when no gateway answers any more. Throws `GATEWAY_STAYS`. */
export async function waitUntilGone(connection: Again): Promise<void> {
  await within(goneMs, async () => ((await isGone(connection)) ? true : null), 'end')
}

/** Resolves with the status of the gateway that started after the one of `startedAt`. Throws `GATEWAY_STAYS`. */
export async function waitUntilBack(connection: Again, startedAt: string): Promise<Status> {
  return within(backMs, async () => newer(await currentStatus(connection), startedAt), 'come back')
}

function newer(status: Status | null, startedAt: string): Status | null {
  return status !== null && status.startedAt !== startedAt ? status : null
}

/** One that holds its lock and is silent is still there. */
async function isGone(connection: Again): Promise<boolean> {
  try {
    return (await connection.again()) === null
  } catch (error) {
    if (error instanceof XopcError) return false
    throw error
  }
}

/** Null while it is between its two lives: nobody there, or one that does not answer yet. */
async function currentStatus(connection: Again): Promise<Status | null> {
  try {
    return (await (await connection.again())?.status()) ?? null
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
