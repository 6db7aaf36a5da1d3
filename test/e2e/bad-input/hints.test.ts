import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { catalog } from '../../../src/lib/errors/catalog.ts'
import { root } from '../../support/build.ts'

// `as`: written by scripts/manifest.ts.
const manifest = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as {
  commands: Record<string, { aliases: string[]; flags: Record<string, unknown> }>
}
const known = Object.entries(manifest.commands).flatMap(([id, { aliases }]) => [id, ...aliases].map((name) => name.replaceAll(':', ' ')))

/** What a text tells people to type: `xopc gateway token --show` → `gateway token`. */
function commandsIn(text: string): string[] {
  return [
    ...text.matchAll(
      /(?<![\w./-])xopc(?! (?:and|as|in|is|itself|again|on|runs|tries|fetches|takes)\b)((?: [a-z][a-z-]*(?![\w:=/@-]|\.\w))+)/g,
    ),
  ].map(([, words = '']) => words.trim())
}

function exists(words: string): boolean {
  const parts = words.split(' ')
  return [1, 2, 3].some((count) => known.includes(parts.slice(0, count).join(' ')))
}

it.each(
  Object.entries(catalog)
    .map(([code, { hint = '' }]) => [code, commandsIn(hint)] as const)
    .filter(([, all]) => all.length > 0),
)('the hint of %s names commands that exist: %j', (_code, all) => {
  expect(all.filter((words) => !exists(words))).toEqual([])
})

it('knows a command that does not exist', () => {
  expect(commandsIn('Type `xopc tunnel begin https://a`, or xopc lan on.')).toEqual(['tunnel begin', 'lan on'])
  const names = ['tunnel begin', 'tunnel secret', 'tunnel secret set', 'lan on', 'config set', 'gateway start']
  expect(names.map(exists)).toEqual([false, false, true, true, true, true])
})
