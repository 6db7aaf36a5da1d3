import { type ErrorInfo, XopcError } from '../lib/errors/error.ts'
import type { ConfigProblem } from '../lib/protocol/http-api.ts'
import { cliErrors } from './errors.ts'

/** An error as it is shown; a broken configuration brings every problem along. */
export type FailureInfo = ErrorInfo & { problems?: readonly ConfigProblem[] }

/** How a command ends that did not succeed. `info` is null where nothing is to be said: the reader left, or Ctrl-C. */
export interface Failure {
  readonly exit: number
  readonly info: FailureInfo | null
  /** The error itself where nobody foresaw it: its stack belongs in the log. */
  readonly bug?: unknown
}

/** Where the stack of a bug is written, and what was typed. */
interface Place {
  command: string
  log: string
}

/** Judges what a command threw. Pure. */
export function toFailure(error: unknown, place: Place): Failure {
  if (error instanceof XopcError) return { exit: error.exit, info: { ...error.info(), ...problemsOf(error) } }
  if (isQuiet(error)) return { exit: 0, info: null }
  if (isInterrupt(error)) return { exit: 130, info: null }
  if (isUsage(error)) return usage(error.message, place.command)
  const internal = cliErrors.UNEXPECTED({ problem: firstLine(error), log: place.log }, { cause: error })
  return { exit: internal.exit, info: internal.info(), bug: error }
}

/** A usage error with the command whose help explains it. */
function usage(problem: string, command: string): Failure {
  const error = cliErrors.USAGE({ problem: sentence(problem), help: ['xopc', command, '--help'].filter(Boolean).join(' ') })
  return { exit: error.exit, info: error.info() }
}

/** oclif's parser speaks in lines, with a list of flags or "See more help with --help" at the end: the first ones say what is wrong. */
function sentence(text: string): string {
  const lines = text.split('\n').map((line) => line.trim())
  const own = lines.slice(0, lines.findIndex((line) => line.startsWith('See more help')) >>> 0)
  const missing = missingArgs(own)
  if (missing !== null) return missing
  const joined = own
    .filter(Boolean)
    .join(' ')
    .replaceAll(/\s+/g, ' ')
    .replace(/^The following errors? occurred: /, '')
    .replaceAll(/Missing required flag (\S+)/g, '--$1 is missing')
    .replace(/^Parsing (--\S+) Expected /, '$1 must be ')
    .replace(/ but received: (.*)$/, ', not $1')
  return /[.!?]$/.test(joined) ? joined : `${joined}.`
}

/** "Missing 1 required arg:" and a line for each, which begins with its name; null where it is about something else. */
function missingArgs([first = '', ...rest]: readonly string[]): string | null {
  if (!/^Missing \d+ required args?:$/.test(first)) return null
  const names = rest.filter(Boolean).map((line) => `<${line.split(/\s+/, 1)[0]}>`)
  return `${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} missing.`
}

/** The parser's errors carry the exit code 2; nothing else in oclif does. */
function isUsage(error: unknown): error is Error {
  return error instanceof Error && 'oclif' in error && exitOf(error.oclif) === 2
}

function isQuiet(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'EPIPE' || (error.code === 'EEXIT' && 'oclif' in error && exitOf(error.oclif) === 0))
  )
}

/** inquirer's and oclif's word for Ctrl-C at a prompt. */
function isInterrupt(error: unknown): boolean {
  return error instanceof Error && (error.name === 'ExitPromptError' || error.message === 'SIGINT')
}

/** Nothing but config/ attaches `problems` to an error of ours. */
function problemsOf(error: XopcError): { problems?: readonly ConfigProblem[] } {
  // `as`: see above; the client hands them on as they came from the gateway.
  return 'problems' in error && Array.isArray(error.problems) ? { problems: error.problems as ConfigProblem[] } : {}
}

function exitOf(oclif: unknown): unknown {
  return typeof oclif === 'object' && oclif !== null && 'exit' in oclif ? oclif.exit : undefined
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n', 1)[0] ?? ''
}
