import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../support/build.ts'

/** One fenced block of a guide page. What stands behind the language is for the tests: `sh other exit=1 expect="text"`. */
export interface Block {
  language: string
  text: string
  /** Line of the page on which the block begins. */
  line: number
  /** The words behind the language: `other` runs on the other device, `phone` and `browser` wait until one joins, `nginx` and `caddy` only where that is the proxy, `template` is what xopc prints. */
  words: ReadonlySet<string>
  /** The exit code that the page means; 0 unless it says so. */
  exit: number
  /** What must stand in the output. */
  expect: string | null
}

/** The pages of `docs/guide`, without `.md`. */
export const guidePages: readonly string[] = readdirSync(join(root, 'docs/guide'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => name.slice(0, -'.md'.length))

/** The text of `docs/guide/<page>.md`. */
export function pageText(page: string): string {
  return readFileSync(join(root, 'docs/guide', `${page}.md`), 'utf8')
}

/** The blocks of a page, in order. */
export function blocksOf(page: string): Block[] {
  const text = pageText(page)
  return [...text.matchAll(/^```([a-z0-9]*)([^\n]*)\n(.*?)^```$/gms)].map((match) => {
    const [, language = '', info = '', body = ''] = match
    return {
      language,
      text: body,
      line: text.slice(0, match.index).split('\n').length,
      words: new Set(info.replaceAll(/\w+=("[^"]*"|\S*)/g, '').match(/\w+/g) ?? []),
      exit: Number(/\bexit=(\d+)/.exec(info)?.[1] ?? 0),
      expect: /\bexpect="([^"]*)"/.exec(info)?.[1] ?? null,
    }
  })
}
