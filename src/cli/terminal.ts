import { styleText } from 'node:util'

/** What the place that output goes to can show. */
export interface Terminal {
  /** A person is there: both input and output are a terminal and this is not CI. */
  readonly interactive: boolean
  /** Output may move the cursor and use colour. */
  readonly live: boolean
  /** Characters in a line; 80 where unknown. */
  readonly columns: number
  /** Where sentences are broken: at the edge of a live terminal, and nowhere in what a program reads. */
  readonly textColumns: number
  bold(text: string): string
  dim(text: string): string
}

interface Streams {
  stdin: { isTTY?: boolean }
  stdout: { isTTY?: boolean; columns?: number }
}

/** Looks at the streams and at `NO_COLOR`, `CI` and `TERM` once. Throws nothing. */
export function createTerminal(streams: Streams, env: NodeJS.ProcessEnv): Terminal {
  const live = streams.stdout.isTTY === true && !env['CI'] && env['TERM'] !== 'dumb'
  const colour = live && !env['NO_COLOR']
  const style = (format: 'bold' | 'dim') => (text: string) => (colour ? styleText(format, text, { validateStream: false }) : text)
  // A terminal that does not know its size says 0.
  const columns = streams.stdout.columns || 80
  return {
    interactive: live && streams.stdin.isTTY === true,
    live,
    columns,
    textColumns: live ? columns : Infinity,
    bold: style('bold'),
    dim: style('dim'),
  }
}
