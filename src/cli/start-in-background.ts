import { type GatewayLock, lockStatus, readLock } from '../lib/state/lock.ts'
import { type State, openState } from '../lib/state/store.ts'
import { XopcError } from '../lib/errors/error.ts'
import { systemClock } from '../lib/system/clock.ts'
import { move, readText, remove } from '../lib/system/files.ts'
import { spawnDetached } from '../lib/system/process.ts'
import { cliErrors } from './errors.ts'

/** What to start. */
interface Background {
  env: NodeJS.ProcessEnv
  /** The program and its arguments, `--background` taken out. */
  program: string
  args: readonly string[]
}

/** A start takes a fraction of this, milliseconds. */
const startMs = 20_000
const pollMs = 50

/**
 * Starts the gateway as a process that stays when this one ends; resolves with its lock once it answers. Throws what the gateway threw (it
 * says it as JSON), else `GATEWAY_DID_NOT_START`.
 */
export async function startInBackground({ env, program, args }: Background): Promise<GatewayLock> {
  const state = await openState(env)
  // Its own, so that two starts at once do not take each other's words.
  const output = `${state.paths.logs}/start-${process.pid}.log`
  await remove(output)
  const child = await spawnDetached(program, [...args, '--json'], { output, env })
  const ended = child.exited.then(() => true)
  for (const giveUp = systemClock.now() + startMs; systemClock.now() < giveUp;) {
    const lock = await answering(state, child.pid)
    if (lock !== null) {
      await move(output, `${state.paths.logs}/start.log`)
      return lock
    }
    if (await Promise.race([ended, systemClock.sleep(pollMs).then(() => false)])) throw await failureIn(output)
  }
  throw cliErrors.GATEWAY_DID_NOT_START({ problem: `it did not answer within ${startMs / 1000} seconds`, output })
}

/** A lock of another pid is a gateway that ran before: the child will say so itself. */
async function answering(state: State, pid: number): Promise<GatewayLock | null> {
  const lock = await readLock(state)
  // With port 0 the lock gets the port that it really is some time after the control socket answers.
  if (lock?.pid !== pid || new URL(lock.url).port === '0') return null
  return (await lockStatus(state, lock)) === 'answering' ? lock : null
}

async function failureIn(output: string): Promise<XopcError> {
  const text = (await readText(output)) ?? ''
  const told = toldError(text)
  const { catalog } = await import('../lib/errors/catalog.ts')
  const known = told === null ? undefined : catalog[told.code]
  if (told !== null && known !== undefined) {
    await remove(output)
    return Object.assign(new XopcError(told, known), { problems: told.problems })
  }
  return cliErrors.GATEWAY_DID_NOT_START({ problem: text.trim().split('\n').at(-1) || 'it said nothing', output })
}

/** The error that a command with `--json` prints, or null where the output is something else. */
function toldError(text: string): { code: string; message: string; hint?: string; problems?: unknown } | null {
  const start = text.indexOf('{')
  if (start === -1) return null
  const value = parsed(text.slice(start))
  const error: unknown = Reflect.get(Object(value), 'error')
  const [code, message, hint] = ['code', 'message', 'hint'].map((name): unknown => Reflect.get(Object(error), name))
  if (typeof code !== 'string' || typeof message !== 'string') return null
  return { code, message, ...(typeof hint === 'string' ? { hint } : {}), problems: Reflect.get(Object(error), 'problems') }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // Something that is not the reply of a command: it is shown as it is.
    if (error instanceof SyntaxError) return null
    throw error
  }
}
