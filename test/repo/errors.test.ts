import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ErrorDefinition } from '../../src/lib/errors/error.ts'
import { root } from '../support/build.ts'
import { sources } from '../support/sources.ts'

const catalogPath = 'src/lib/errors/catalog.ts'
/** Codes by the file that defines them. */
let defined: Map<string, string>
let definitions: Map<string, ErrorDefinition>
let catalog: string[]

beforeAll(async () => {
  const parts = await Promise.all(sources('src/**/errors.ts').map(async ({ path }) => [path, await codesIn(path)] as const))
  defined = new Map(parts.flatMap(([path, codes]) => [...codes.keys()].map((code) => [code, path] as const)))
  definitions = new Map(parts.flatMap(([, codes]) => [...codes]))
  catalog = [...(await codesIn(catalogPath)).keys()]
})

/** Every table of makers or definitions that a module exports, joined. */
async function codesIn(path: string): Promise<Map<string, ErrorDefinition>> {
  const module: Record<string, unknown> = await import(join(root, path))
  const tables = Object.values(module).filter((value): value is object => typeof value === 'object' && value !== null)
  const rows = tables.flatMap((table) => (table instanceof Map ? [...table] : Object.entries(table)))
  return new Map(
    rows.flatMap(([code, value]): [string, ErrorDefinition][] =>
      definitionOf(value) ? [[String(code), definitionOf(value) as ErrorDefinition]] : [],
    ),
  )
}

function definitionOf(value: unknown): ErrorDefinition | null {
  const row = typeof value === 'function' && 'definition' in value ? value.definition : value
  // A row of the catalogue is known by these fields; the compiler has checked the rest.
  return typeof row === 'object' && row !== null && 'message' in row && 'about' in row ? (row as ErrorDefinition) : null
}

describe('the errors', () => {
  it('are there', () => {
    expect(defined.size).toBeGreaterThan(10)
  })

  it('are all in the catalogue, and nothing else is', () => {
    expect(catalog.toSorted()).toEqual([...defined.keys()].toSorted())
  })

  it('are all in docs/errors.md, and nothing else is', () => {
    const text = sources('docs/errors.md')
      .map((page) => page.text)
      .join('')
    const documented = [...text.matchAll(/^#{2,4} `?(\w+)`?\s*$/gm)].map((match) => String(match[1]))
    expect(documented.filter((code) => /_|^[A-Z]+$/.test(code)).toSorted()).toEqual([...defined.keys()].toSorted())
  })

  // What stands behind the last `: xopc` is one command: the settings page gives it a copy button (src/ui/parts/problem.tsx).
  it('have hints whose command stands at the end, alone', () => {
    const endings = [...definitions].flatMap(([code, { hint = '' }]) => {
      const command = /^.+: (xopc .+)$/.exec(hint)?.[1]?.replace(/'[^']*'/g, 'X')
      return command === undefined ? [] : [{ code, command }]
    })
    expect(endings.length).toBeGreaterThan(40)
    expect(endings.filter(({ command }) => /[,;.](?:\s|$)| (?:or|and) |\)$/.test(command))).toEqual([])
  })

  it('are each used somewhere', () => {
    const code = sources('src/**/*.ts').filter(({ path }) => path !== catalogPath)
    const unused = [...defined].filter(
      ([name, home]) => !code.some(({ path, text }) => path !== home && new RegExp(`\\b${name}\\b`).test(text)),
    )
    expect(unused.map(([name, home]) => `${home}: ${name}`)).toEqual([])
  })

  it('that are thrown are defined', () => {
    const code = sources('src/**/*.ts').filter(({ path }) => path !== 'src/lib/errors/error.ts')
    const thrown = code.flatMap(({ path, text }) =>
      [...text.matchAll(/\b\w+Errors\.(\w+)\(/g)].map((match) => ({ path, code: match[1] ?? '' })),
    )
    expect(thrown.length).toBeGreaterThan(0)
    expect(thrown.filter(({ code }) => !defined.has(code))).toEqual([])
  })

  it('are each defined once, and say what happened in a sentence', () => {
    const all = sources('src/**/errors.ts').flatMap(({ text }) => [...text.matchAll(/^ {2}(\w+): \{/gm)].map((match) => match[1]))
    expect(all.filter((code, index) => all.indexOf(code) !== index)).toEqual([])
    const badly = [...definitions].filter(([, { message, about }]) => !/[.?}]$/.test(message) || !/[.?]$/.test(about))
    expect(badly.map(([code]) => code)).toEqual([])
  })
})
