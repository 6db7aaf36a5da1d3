import type { Fix } from '../../lib/protocol/http-api.ts'
import { cleanText } from '../../lib/protocol/outside-text.ts'
import { blockLines } from './block.ts'
import { wrap } from './wrap.ts'

const longest = 600

/** A repair under its label: the title, then lines to write and what to type, each on lines of its own so that they can be copied. Pure. */
export function renderFix(label: string, { title, command, snippet }: Fix, columns: number): string[] {
  const lead = label.length - label.trimStart().length
  const inner = ' '.repeat(Math.max(lead + 4, 8))
  const toWrite = snippet === undefined ? [] : blockLines(snippet)
  const toType = command === undefined ? [] : blockLines(command)
  const end = toWrite.length + toType.length === 0 ? '' : ':'
  return [
    ...wrap(label, cleanText(title, longest).replace(/[.:]$/, '') + end, columns),
    ...toWrite.map((line) => inner + line),
    ...(toWrite.length > 0 && toType.length > 0 ? [`${' '.repeat(lead)}Then type:`] : []),
    ...toType.map((line) => inner + line),
  ]
}
