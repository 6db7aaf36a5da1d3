import * as fc from 'fast-check'
import JSON5 from 'json5'
import { describe, expect, it } from 'vitest'
import { setInText, unsetInText } from '../../../src/lib/config/edit-text.ts'
import { valueAt, withValue } from '../../../src/lib/config/tree.ts'

type Path = (string | number)[]

describe('setInText', () => {
  it.each<[name: string, text: string, path: Path, value: unknown, expected: string]>([
    ['replaces a value and nothing else', '{ a: 1, // one\n  b: 2 }', ['a'], 5, '{ a: 5, // one\n  b: 2 }'],
    ['adds to a block', '{\n  a: 1, // one\n}\n', ['b'], 2, '{\n  a: 1, // one\n  b: 2,\n}\n'],
    ['adds the comma that was missing', '{\n  a: 1 // one\n}\n', ['b'], 2, '{\n  a: 1, // one\n  b: 2,\n}\n'],
    ['adds in one line', '{ a: { b: 1 } }', ['a', 'c'], 'x', '{ a: { b: 1, c: "x" } }'],
    ['fills an empty object', '{}', ['a', 'b'], 1, '{\n  a: {\n    b: 1,\n  },\n}'],
    ['keeps a comment in an empty object', '{\n  // nothing yet\n}\n', ['a'], 1, '{\n  // nothing yet\n  a: 1,\n}\n'],
    ['keeps the indentation of the file', '{\n\ta: {\n\t\tb: 1,\n\t},\n}\n', ['a', 'c'], 2, '{\n\ta: {\n\t\tb: 1,\n\t\tc: 2,\n\t},\n}\n'],
    ['keeps the line ends of the file', '{\r\n  a: 1,\r\n}\r\n', ['b'], 2, '{\r\n  a: 1,\r\n  b: 2,\r\n}\r\n'],
    ['quotes a key that needs it', '{}', ['a-b'], 1, '{\n  "a-b": 1,\n}'],
    ['replaces a value that is no object by a parent', '{ a: 1 }', ['a', 'b'], 2, '{ a: {\n  b: 2,\n} }'],
    ['replaces an element', '{ a: [1, 2] }', ['a', 1], 3, '{ a: [1, 3] }'],
    ['edits the second of two equal keys', '{ a: 1, a: 2 }', ['a'], 3, '{ a: 1, a: 3 }'],
  ])('%s', (_name, text, path, value, expected) => {
    expect(setInText(text, path, value)).toBe(expected)
  })
})

describe('unsetInText', () => {
  it.each<[name: string, text: string, path: Path, expected: string]>([
    ['removes a line with its own comment', '{\n  // above\n  a: 1, // one\n  b: 2,\n}\n', ['a'], '{\n  // above\n  b: 2,\n}\n'],
    ['removes the last in one line', '{ a: 1, b: 2 }', ['b'], '{ a: 1 }'],
    ['removes the first in one line', '{ a: 1, b: 2 }', ['a'], '{ b: 2 }'],
    ['removes the only one', '{ a: 1 }', ['a'], '{ }'],
    ['leaves a file without the key alone', '{ a: 1 }', ['b', 'c'], '{ a: 1 }'],
    ['removes an element', '{ a: [1, 2, 3] }', ['a', 1], '{ a: [1, 3] }'],
  ])('%s', (_name, text, path, expected) => {
    expect(unsetInText(text, path)).toBe(expected)
  })
})

const key = fc.constantFrom('a', 'b', 'c', 'gateway', 'a-b', 'null', '__proto__', '$x', 'true')
const scalar = fc.oneof(fc.integer({ min: -99, max: 99 }), fc.boolean(), fc.constant(null), fc.string({ maxLength: 6 }))
const { tree } = fc.letrec<{ tree: unknown; value: unknown }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, scalar, tie('tree'), fc.array(tie('value'), { maxLength: 3 })),
  tree: fc
    .uniqueArray(fc.tuple(key, tie('value')), { maxLength: 4, selector: ([name]) => name })
    .map((entries) => Object.fromEntries(entries)),
}))
const gaps = ['', '', ' ', '\n', '\n  ', ' // note\n', ' /* {"x": [1,]} */ ', '\r\n\t', ' //, } ]\n  ']
const noise = fc.infiniteStream(fc.nat({ max: 999 }))

/** Writes a value as JSON5 with whatever a person could put between two tokens. */
function render(value: unknown, next: () => number): string {
  const gap = (): string => gaps[next() % gaps.length] ?? ''
  const join = (parts: string[], [open, close]: [string, string]): string =>
    open + parts.map((part) => gap() + part + gap()).join(',') + (parts.length > 0 && next() % 2 === 0 ? ',' : '') + gap() + close
  if (Array.isArray(value))
    return join(
      value.map((item) => render(item, next)),
      ['[', ']'],
    )
  if (typeof value !== 'object' || value === null) return next() % 2 === 0 ? JSON.stringify(value) : JSON5.stringify(value)
  return join(
    Object.entries(value).map(([name, child]) => JSON.stringify(name) + gap() + ':' + gap() + render(child, next)),
    ['{', '}'],
  )
}

/** Paths of everything in a value. */
function paths(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  const children = Array.isArray(value) ? value.map((child, index): [number, unknown] => [index, child]) : Object.entries(value)
  return [path, ...children.flatMap(([name, child]) => paths(child, [...path, name]))]
}

/** Documents with one path of theirs, or one below or beside it. */
const cases = fc.tuple(tree, noise, fc.nat(), fc.option(key), fc.oneof(scalar, tree)).map(([value, stream, pick, extra, fresh]) => {
  const numbers = stream[Symbol.iterator]()
  const next = (): number => numbers.next().value ?? 0
  const gap = gaps[next() % gaps.length] ?? ''
  const known = paths(value)
  const path = known[pick % known.length] ?? []
  return { value, text: gap + render(value, next) + gap, path: extra === null ? path : [...path, extra], fresh }
})
const seconds = { interruptAfterTimeLimit: 2000, numRuns: 4000 }

describe('edits of any document', () => {
  it('set gives the values that were meant', () => {
    fc.assert(
      fc.property(cases, ({ value, text, path, fresh }) => {
        fc.pre(path.length > 0 && !belowList(value, path))
        expect(JSON5.parse(setInText(text, path, fresh))).toEqual(withValue(value, path, fresh))
      }),
      seconds,
    )
  })

  it('unset gives the values that were meant', () => {
    fc.assert(
      fc.property(cases, ({ value, text, path }) => {
        fc.pre(path.length > 0)
        const expected = valueAt(value, path) === undefined ? value : withValue(value, path, undefined)
        expect(JSON5.parse(unsetInText(text, path))).toEqual(expected)
      }),
      seconds,
    )
  })

  it('set keeps every comment when it adds a key', () => {
    fc.assert(
      fc.property(cases, ({ value, text, path, fresh }) => {
        fc.pre(path.length > 0 && isObject(valueAt(value, path.slice(0, -1))) && valueAt(value, path) === undefined)
        expect(comments(setInText(text, path, fresh))).toBeGreaterThanOrEqual(comments(text))
      }),
      seconds,
    )
  })
})

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A key cannot be added to a list. */
function belowList(value: unknown, path: Path): boolean {
  return path.some((segment, index) => typeof segment === 'string' && Array.isArray(valueAt(value, path.slice(0, index))))
}

function comments(text: string): number {
  return text.split(/\/\/ note|\/\/, }|\/\* \{"x"/).length
}
