import { setTimeout as delay } from 'node:timers/promises'
import { XopcError } from '../errors/error.ts'
import { findProgram } from '../system/find-program.ts'
import { withoutOurs } from '../system/own-variables.ts'
import { spawnDetached } from '../system/process.ts'

/** Who knows the person's browser. */
const openers: Partial<Record<NodeJS.Platform, string>> = { darwin: 'open' }
const otherwise = 'xdg-open'
/** One that fails says so soon; one that goes on is the browser itself. Milliseconds. */
const SETTLE_MS = 3000

/** Shows a file in the person's browser, which outlives us. False where there is none, or where it could not be started. */
export async function openBrowser(path: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  try {
    const program = await findProgram(openers[process.platform] ?? otherwise, env)
    // A browser has no use for the gateway's secrets.
    const { exited } = await spawnDetached(program, [path], { output: '/dev/null', env: withoutOurs(env) })
    const exit = await Promise.race([exited, delay(SETTLE_MS, null, { ref: false })])
    return exit === null || exit.code === 0
  } catch (error) {
    if (error instanceof XopcError) return false
    throw error
  }
}
