import { cleanText } from '../../lib/protocol/outside-text.ts'

const longestLine = 2000
const mostLines = 200

/** Lines from outside that are meant to be copied: each one cleaned, its indentation kept. Pure. */
export function blockLines(text: string): string[] {
  return text
    .trimEnd()
    .split('\n', mostLines)
    .map((line) => (/^[\t ]*/.exec(line)?.[0] ?? '') + cleanText(line, longestLine))
}
