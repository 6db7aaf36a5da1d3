import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../support/build.ts'

/** One fenced block of a guide page. What stands behind the language is for the tests: `sh other exit=1 expect="text"`. */
export interface Block {
  language: string
  text: string
  /** Line of the page on which the block begins. */
  line: number
  /** Runs on the other device. */
  other: boolean
  /** The exit code that the page means; 0 unless it says so. */
  exit: number
  /** What must stand in the output. */
  expect: string | null
}

/** The blocks of `docs/guide/<page>.md`, in order. */
export function blocksOf(page: string): Block[] {
  const text = readFileSync(join(root, 'docs/guide', `${page}.md`), 'utf8')
  return [...text.matchAll(/^```([a-z0-9]*)([^\n]*)\n(.*?)^```$/gms)].map((match) => {
    const [, language = '', info = '', body = ''] = match
    return {
      language,
      text: body,
      line: text.slice(0, match.index).split('\n').length,
      other: /\bother\b/.test(info.replace(/".*?"/g, '')),
      exit: Number(/\bexit=(\d+)/.exec(info)?.[1] ?? 0),
      expect: /\bexpect="([^"]*)"/.exec(info)?.[1] ?? null,
    }
  })
}
