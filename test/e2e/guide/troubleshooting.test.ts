import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { probeErrors } from '../../../src/lib/probe/errors.ts'
import { root } from '../../support/build.ts'
import { sources } from '../../support/sources.ts'
import { guidePages, pageText } from '../gateway/guide-blocks.ts'
import { quoted, rows } from './rows.ts'

const catalogue = new Set([...textOf('docs/errors.md').matchAll(/^## (\w+)$/gm)].map((match) => match[1]))
const isKnown = (code: string) => catalogue.has(code)

describe('docs/guide/troubleshooting.md', () => {
  it('has each row with a code brought about by a test of this folder', () => {
    const tests = sources('test/e2e/guide/*.ts')
      .filter(({ path }) => !path.endsWith('troubleshooting.test.ts'))
      .map(({ text }) => text.replaceAll("\\'", "'"))
      .join('')
    const named = (sees: string) => [`'${sees}'`, `"${sees}"`].some((literal) => tests.includes(literal))
    expect(rows.length).toBeGreaterThan(50)
    expect(rows.filter(({ code, sees }) => code !== null && !named(sees)).map(({ sees }) => sees)).toEqual([])
  })

  it('has no row twice', () => {
    const seen = rows.map(({ sees }) => sees)
    expect(seen.filter((sees, index) => seen.indexOf(sees) !== index)).toEqual([])
  })

  it('has every code of the staged test and of a public address', () => {
    const address = ['invalid_url', 'invalid_scheme', 'has_userinfo', 'has_path', 'has_query_or_fragment', 'requires_https']
    const named = new Set(rows.map(({ code }) => code))
    expect([...Object.keys(probeErrors), 'NOT_XOPC_GATEWAY', ...address].filter((code) => !named.has(code))).toEqual([])
  })

  it('has a code that exists and something to do in each row', () => {
    expect(rows.filter(({ code }) => code !== null && !isKnown(code))).toEqual([])
    expect(rows.filter(({ todo }) => todo === '')).toEqual([])
  })
})

describe.each(guidePages)('docs/guide/%s.md', (page) => {
  it('names no code that does not exist', () => {
    const words = quoted(pageText(page).replaceAll(/^```.*?^```$/gms, ''))
    // Variables look the same.
    const codes = words.filter((word) => /^[A-Z]+(_[A-Z]+)+$/.test(word) && !/^(XOPC|NODE|MY)_/.test(word))
    expect(codes.filter((code) => !isKnown(code))).toEqual([])
  })

  it('leads to nothing that is not there', () => {
    const links = [...pageText(page).matchAll(/\]\(([^)#]*)(?:#([\w-]+))?\)/g)].map(([, path = '', anchor]) => ({ path, anchor }))
    const broken = links.filter(({ path, anchor }) => {
      const file = join('docs/guide', path === '' ? `${page}.md` : path)
      return !existsSync(join(root, file)) || (anchor !== undefined && !anchorsOf(file).includes(anchor))
    })
    expect(broken).toEqual([])
  })
})

/** Titles as GitHub names them in links. */
function anchorsOf(file: string): string[] {
  return [...textOf(file).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

function textOf(path: string): string {
  return sources(path)
    .map(({ text }) => text)
    .join('')
}
