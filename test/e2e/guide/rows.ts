import type { Fix } from '../../../src/lib/protocol/http-api.ts'
import { pageText } from '../gateway/guide-blocks.ts'

/** One row of a table of docs/guide/troubleshooting.md. */
export interface Row {
  /** What somebody sees or typed, without the signs of Markdown. */
  sees: string
  /** Null where there is none. */
  code: string | null
  /** What to do about it. */
  todo: string
  /** What of it is to be written or typed, piece by piece. */
  pieces: string[]
}

/** Every row of the page, in order. */
export const rows: readonly Row[] = pageText('troubleshooting')
  .split('\n')
  .filter((line) => /^\| (?!---|you (see|typed) )/.test(line))
  .map(rowOf)

function rowOf(line: string): Row {
  const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'))
  const [, sees = '', code = '', , todo = ''] = cells
  return { sees: sees.replaceAll('`', ''), code: quoted(code)[0] ?? null, todo, pieces: quoted(todo) }
}

/** The row of what somebody sees. Throws where the page has none. */
export function rowOfSight(sees: string): Row {
  const row = rows.find((each) => each.sees === sees)
  if (row === undefined) throw new Error(`the page has no row “${sees}”`)
  return row
}

/** Lines for nginx among what is to be written. */
export function nginxLines({ pieces }: Row): string {
  return pieces.filter((piece) => piece.endsWith(';')).join('\n')
}

/** The pieces that a repair of xopc has, too; `port` is the one of the address under test, which is 443 on the page. */
export function piecesIn({ pieces }: Row, fix: Fix | undefined, port: string): string[] {
  const told = [fix?.title, fix?.command, fix?.snippet].join('\n').replaceAll(port, '443')
  return pieces.filter((piece) => told.includes(piece))
}

/** Everything in `backticks`; no text with blocks in it. */
export function quoted(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '')
}
