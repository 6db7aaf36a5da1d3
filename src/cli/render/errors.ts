import type { ErrorInfo } from '../../lib/errors/error.ts'

/** What the terminal shows of an error: what happened, and what to type next. */
export function renderError(info: ErrorInfo): string {
  const lines = [`Error: ${info.message}`]
  if (info.hint !== undefined) lines.push(info.hint)
  lines.push(`(${info.code}${info.docs === undefined ? '' : `, see ${info.docs}`})`)
  return `${lines.join('\n')}\n`
}

/** What `--json` prints of an error, to stdout. */
export function errorJson(info: ErrorInfo): string {
  return `${JSON.stringify({ error: info }, null, 2)}\n`
}
