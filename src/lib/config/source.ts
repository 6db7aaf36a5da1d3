import type { MemberNode, ValueNode } from '@humanwhocodes/momoa'
import JSON5 from 'json5'
import { configErrors } from './errors.ts'
import { entryAt, nameOf, parseJson5 } from './json5-document.ts'
import { type Found, type Segments, found } from './problems.ts'
import { isRecord, isTooDeep } from './tree.ts'

/** A place in the file; both count from 1. */
export interface Place {
  line: number
  column: number
}

/** The configuration file as it is written. */
export interface Source {
  /** What it says; null where it cannot be read as an object. */
  values: Record<string, unknown> | null
  problems: Found[]
  /** Where a key stands, or the nearest parent of it that does; null where nothing of it is written. */
  locate(segments: Segments): Place | null
}

/** Reads the text of a configuration file; null stands for a file that does not exist, which means the defaults. Throws nothing. */
export function readSource(text: string | null): Source {
  if (text === null) return { values: {}, problems: [], locate: () => null }
  const parsed = parseValues(text)
  if ('problem' in parsed) return { values: null, problems: [found('', parsed.problem)], locate: () => parsed.place }
  const root = tryTree(text)
  return {
    values: parsed.values,
    problems: root === null ? [] : duplicates(root, []),
    locate: (segments) => (root === null ? null : locate(root, segments)),
  }
}

type Parsed = { values: Record<string, unknown> } | { problem: Found['error']; place: Place | null }

function parseValues(text: string): Parsed {
  if (text.trim() === '') return { problem: configErrors.CONFIG_SYNTAX({ problem: 'the file is empty' }), place: { line: 1, column: 1 } }
  try {
    const values: unknown = JSON5.parse(text)
    if (isTooDeep(values)) return { problem: configErrors.CONFIG_SYNTAX({ problem: 'it is nested too deeply' }), place: null }
    if (isRecord(values)) return { values }
    return { problem: configErrors.CONFIG_SYNTAX({ problem: 'it must be an object: { … }' }), place: { line: 1, column: 1 } }
  } catch (error) {
    return { problem: configErrors.CONFIG_SYNTAX({ problem: syntaxReason(error) }, { cause: error }), place: syntaxPlace(error) }
  }
}

/** json5 writes "JSON5: invalid character 'x' at 3:7"; the place is told apart. */
function syntaxReason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.replace(/^JSON5: /, '').replace(/ at \d+:\d+$/, '')
}

function syntaxPlace(error: unknown): Place | null {
  if (!(error instanceof Error) || !('lineNumber' in error) || !('columnNumber' in error)) return null
  return { line: Number(error.lineNumber), column: Number(error.columnNumber) }
}

/** momoa refuses a few things that JSON5 allows (`-.5`, a key called `null`); then values count and only their places are unknown. */
function tryTree(text: string): ValueNode | null {
  try {
    return parseJson5(text).tree.body
  } catch {
    return null
  }
}

function duplicates(node: ValueNode, segments: Segments): Found[] {
  if (node.type === 'Array') return node.elements.flatMap((element, index) => duplicates(element.value, [...segments, index]))
  if (node.type !== 'Object') return []
  const twice = node.members.filter((member, index) => node.members.findIndex((other) => nameOf(other) === nameOf(member)) < index)
  const own = twice.map((member): Found => duplicate([...segments, nameOf(member)]))
  return [...own, ...node.members.flatMap((member: MemberNode) => duplicates(member.value, [...segments, nameOf(member)]))]
}

function duplicate(segments: Segments): Found {
  return { segments, error: configErrors.CONFIG_DUPLICATE_KEY({ key: segments.join('.') }), severity: 'error' }
}

function locate(root: ValueNode, segments: Segments): Place | null {
  let node = root
  let place: Place | null = null
  for (const segment of segments) {
    const entry = entryAt(node, segment)
    if (entry === undefined) return place
    node = entry.value
    const { line, column } = (entry.type === 'Member' ? entry : node).loc.start
    place = { line, column }
  }
  return place
}
