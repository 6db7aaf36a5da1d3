import { toFailure } from './failure.ts'
import { errorJson, renderError } from './render/errors.ts'

/** What was typed, and where. */
interface Context {
  words: readonly string[]
  env: NodeJS.ProcessEnv
  json: boolean
}

/** Shows what a command threw, keeps the stack of a bug in the log, and gives the exit code. Never throws. */
export async function reportFailure(error: unknown, { words, env, json }: Context): Promise<number> {
  const failure = toFailure(error, { command: commandWords(words), log: await logPath(env) })
  if ('bug' in failure) process.stderr.write(await keepStack(failure.bug, words, env))
  if (failure.info !== null && json) process.stdout.write(errorJson(failure.info))
  if (failure.info !== null && !json) process.stderr.write(renderError(failure.info))
  return failure.info === null ? failure.exit : await exitOf(failure.info.code, failure.exit)
}

/** The exit code belongs to the error's code, whoever found it: a refusal of the running gateway comes without one. */
async function exitOf(code: string, told: number): Promise<number> {
  const { catalog } = await import('../lib/errors/catalog.ts')
  return Object.hasOwn(catalog, code) ? (catalog[code]?.exit ?? told) : told
}

/** The words before the first flag or value, at most two as commands have: enough to name the command whose help is meant. */
function commandWords(words: readonly string[]): string {
  const end = words.findIndex((word) => !/^[a-z][a-z-]*$/.test(word))
  return words.slice(0, end === -1 ? 2 : Math.min(end, 2)).join(' ')
}

async function logPath(env: NodeJS.ProcessEnv): Promise<string> {
  try {
    return (await import('../lib/system/paths.ts')).statePaths(env).gatewayLog
  } catch {
    // NO_HOME: there is no place for a log, and the sentence that names it is only shown for a bug.
    return 'no log, for want of a home folder'
  }
}

/** Writes the stack to the log; returns what the terminal must show because it could not. */
async function keepStack(bug: unknown, words: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const stack = bug instanceof Error ? (bug.stack ?? bug.message) : String(bug)
  try {
    const [{ openState }, { createLog }, { systemClock }] = await Promise.all([
      import('../lib/state/store.ts'),
      import('../lib/system/log.ts'),
      import('../lib/system/clock.ts'),
    ])
    const log = createLog({ path: (await openState(env)).paths.gatewayLog, clock: systemClock })
    // Arguments can hold a token; the command is enough to find the place.
    log.error('a command failed in a way that nobody foresaw', { command: commandWords(words), stack })
    log.close()
    return ''
  } catch (failed) {
    return `The log could not be written (${String(failed)}), so this is what would be in it:\n${stack}\n`
  }
}
