import type { ConfigProblem } from '../../lib/protocol/http-api.ts'
import { cleanText } from '../../lib/protocol/outside-text.ts'
import { jsonText } from './json.ts'
import type { FailureInfo } from '../failure.ts'

const longest = 2000

/** What the terminal shows of an error: what happened and what it means, what to type next, and where it is explained. Pure. */
export function renderError({ code, message, hint, docs, problems = [] }: FailureInfo): string {
  const where = cleanText(docs === undefined ? code : `${code}, explained in ${docs}`, longest)
  // Messages quote files, programs and far ends.
  const lines = [
    `Error: ${cleanText(message, longest)}`,
    ...listed(problems),
    ...(hint === undefined ? [] : [cleanText(hint, longest)]),
    `(${where})`,
  ]
  return lines.map((line) => `${line}\n`).join('')
}

/** What `--json` prints of an error, to stdout. Pure. */
export function errorJson(info: FailureInfo): string {
  return `${jsonText({ error: info })}\n`
}

/** A single error is in the message already. */
function listed(problems: readonly ConfigProblem[]): string[] {
  const alone = problems.filter(({ severity }) => severity === 'error').length === 1
  const others = alone ? problems.filter(({ severity }) => severity !== 'error') : problems
  return others.map(({ line, severity, message }) => {
    const place = line === null ? '' : `line ${line}: `
    return `  ${severity === 'warning' ? 'warning, ' : ''}${place}${cleanText(message, longest)}`
  })
}
