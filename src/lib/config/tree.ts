import { isDeepStrictEqual } from 'node:util'
import type { Segments } from './problems.ts'

/** A configuration as plain values, as JSON5 gives it. */
export type Tree = Readonly<Record<string, unknown>>

/** Whether a value is an object with keys. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a value holds more levels than any configuration has; walking it by recursion could exhaust the stack. */
export function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > 40) return true
    level = level.flatMap((item): unknown[] => (typeof item === 'object' && item !== null ? Object.values(item) : []))
  }
  return false
}

/** The value at a path; undefined where nothing is. Inherited names are not values. */
export function valueAt(tree: unknown, segments: Segments): unknown {
  let value = tree
  for (const segment of segments) {
    if (Array.isArray(value) ? typeof segment !== 'number' : !isRecord(value) || !Object.hasOwn(value, segment)) return undefined
    // `as`: it is a list with a position, or an object that has this very key.
    value = (value as Record<string | number, unknown>)[segment]
  }
  return value
}

/** A copy with one value set; undefined removes it. Parents that are missing, or hold no object, become objects. */
export function withValue(tree: unknown, segments: Segments, value: unknown): unknown {
  const [first, ...rest] = segments
  if (first === undefined) return value
  if (Array.isArray(tree) && typeof first === 'number') return withElement(tree, first, withValue(tree[first], rest, value))
  const members = isRecord(tree) ? Object.entries(tree) : []
  const name = String(first)
  const next = withValue(members.find(([key]) => key === name)?.[1], rest, value)
  const others = members.some(([key]) => key === name)
    ? members.map(([key, old]): [string, unknown] => [key, key === name ? next : old])
    : [...members, [name, next] as const]
  // fromEntries defines its keys, so that one called __proto__ is a key like any other.
  return Object.fromEntries(others.filter(([key]) => key !== name || next !== undefined))
}

function withElement(list: readonly unknown[], index: number, value: unknown): unknown[] {
  return value === undefined ? list.toSpliced(index, 1) : list.with(index, value)
}

/** Every value that holds no other, with its path; a list is one value, and so is an empty object. */
export function leaves(value: unknown, path = ''): [path: string, value: unknown][] {
  if (!isRecord(value) || Object.keys(value).length === 0) return path === '' ? [] : [[path, value]]
  return Object.entries(value).flatMap(([key, child]) => leaves(child, path === '' ? key : `${path}.${key}`))
}

/** The paths whose values differ, in the order of their names. */
export function changedPaths(before: unknown, after: unknown): string[] {
  const [old, fresh] = [new Map(leaves(before)), new Map(leaves(after))]
  const paths = [...new Set([...old.keys(), ...fresh.keys()])]
  return paths.filter((path) => !isDeepStrictEqual(old.get(path), fresh.get(path))).toSorted()
}
