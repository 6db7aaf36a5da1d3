import { describe, expect, it } from 'vitest'
import { blocksOf, guidePages, pageText } from '../gateway/guide-blocks.ts'
import { quoted } from './rows.ts'
import { knownCommands } from './typed.ts'

const known = knownCommands()
/** Of oclif itself. */
const everywhere = ['--help', '--json', '--config']

/** Commands of xopc that a page says to type: in `backticks`, and lines of blocks. */
function commandsOf(page: string): string[] {
  const inText = quoted(pageText(page).replaceAll(/^```.*?^ *```$/gms, ''))
  const inBlocks = [...blocksOf(page).map(({ text }) => text), ...indentedBlocks(page)].flatMap((text) => text.split('\n'))
  return [...inText, ...inBlocks].flatMap((line) => {
    const found = /(?:^|\| ?|\$ |; |&& |sudo -u \S+ (?:env \S+ )?)xopc((?: [^|;#<>&]+)?)/.exec(line.trim())
    return found === null ? [] : [(found[1] ?? '').replace(/, .*/, '').trim()]
  })
}

/** Blocks of lists. */
function indentedBlocks(page: string): string[] {
  return [...pageText(page).matchAll(/^ +```[^\n]*\n(.*?)^ +```$/gms)].map((match) => match[1] ?? '')
}

/** `xopc remote` alone stands for all that begins with it. */
function isTopic(words: readonly string[]): boolean {
  return words.every((word) => word.startsWith('-')) || [...known.keys()].some((each) => each.startsWith(`${words.join(' ')} `))
}

/** Null where it could be typed. */
function faultOf(command: string): string | null {
  const words = command.split(/\s+/).filter(Boolean)
  const name = [3, 2, 1].map((count) => words.slice(0, count).join(' ')).find((each) => known.has(each))
  if (name === undefined) return isTopic(words) ? null : `no command: xopc ${command}`
  const flags = words.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.split('=')[0] ?? '')
  const unknown = flags.find((flag) => !known.get(name)?.has(flag) && !everywhere.includes(flag))
  return unknown === undefined ? null : `${name} has no ${unknown}: xopc ${command}`
}

describe.each(guidePages)('docs/guide/%s.md', (page) => {
  it('says nothing to type that does not exist', () => {
    expect(commandsOf(page).flatMap((command) => faultOf(command) ?? [])).toEqual([])
  })
})

it('finds commands, and what is wrong with them', () => {
  expect(commandsOf('public-tunnel')).toContain('tunnel start --accept-risk --broker http://127.0.0.1:7100/api')
  expect(commandsOf('host-a-broker').some((command) => command.startsWith('broker key create --dir /var/lib/xopc-broker'))).toBe(true)
  expect(faultOf('tunnel begin')).toContain('no command')
  expect(faultOf('tunnel start --foo')).toContain('has no --foo')
})
