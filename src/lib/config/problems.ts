import { XopcError } from '../errors/error.ts'
import type { ConfigProblem } from '../protocol/http-api.ts'
import { configErrors } from './errors.ts'

/** Keys and list positions from the root of the configuration. */
export type Segments = readonly (string | number)[]

/** Something wrong at a place of the configuration, before it is known where that stands in the file. */
export interface Found {
  segments: Segments
  error: XopcError
  severity: 'error' | 'warning'
}

/** An error at a config path (`gateway.port`; empty for the file as a whole). */
export function found(path: string, error: XopcError, severity: Found['severity'] = 'error'): Found {
  return { segments: toSegments(path), error, severity }
}

/** `gateway.trustedProxies.0` as its parts; a number is a position in a list. */
export function toSegments(path: string): Segments {
  return path === '' ? [] : path.split('.').map((part) => (/^(0|[1-9]\d*)$/.test(part) ? Number(part) : part))
}

/** Problems as they are shown; `locate` says where each stands in the file. */
export function toProblems(
  all: readonly Found[],
  locate: (one: Found) => { line: number; column: number } | null = () => null,
): ConfigProblem[] {
  return all.map((one) => {
    const place = locate(one)
    const { code, message, hint } = one.error
    const position = { line: place?.line ?? null, column: place?.column ?? null }
    const text = { message: printable(message), ...(hint === undefined ? {} : { hint: printable(hint) }) }
    return { path: one.segments.join('.'), ...position, code, ...text, severity: one.severity }
  })
}

/** A file, and what is sent to change it, can hold anything; a terminal must not obey it. */
function printable(text: string): string {
  return text.slice(0, 600).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\u{fffd}')
}

/** An error that carries every problem of the configuration. */
export type ConfigInvalid = XopcError & { readonly problems: readonly ConfigProblem[] }

/** `CONFIG_INVALID` for a file, with all problems attached: the verdict, then the one problem with its place, or how many there are. */
export function configInvalid(file: string, problems: readonly ConfigProblem[], verdict = 'cannot be used', hint?: string): ConfigInvalid {
  const errors = problems.filter(({ severity }) => severity === 'error').map(describeProblem)
  const list = errors.length === 1 ? `. ${errors[0]}` : `: ${errors.length} problems.`
  const advice =
    hint ??
    problems.find(({ severity, hint }) => severity === 'error' && hint !== undefined)?.hint ??
    'What each key takes is in docs/config.md.'
  return Object.assign(configErrors.CONFIG_INVALID({ file, verdict, problems: list, advice }), { problems })
}

/** A problem in one line: place, then what is wrong. */
export function describeProblem(problem: ConfigProblem): string {
  const place = problem.line === null ? '' : `Line ${problem.line}: `
  return `${place}${problem.message}`
}

/** The problems that an error carries; none for any other error. */
export function problemsOf(error: unknown): readonly ConfigProblem[] {
  // `as`: nothing but config/ attaches `problems` to an error.
  return error instanceof XopcError && 'problems' in error ? (error as ConfigInvalid).problems : []
}
