import JSON5 from 'json5'
import { ownerOf } from './keys.ts'

/**
 * The value that a text stands for, at a key: `18800` is a number for `gateway.port`, but `123` stays text for a string key. Lists are taken
 * as JSON5 or separated by commas. What fits no type stays text, for the schema to refuse. Throws nothing.
 */
export function valueFromText(path: string, text: string): unknown {
  const type = ownerOf(path)?.type ?? 'string'
  const value = tryJson5(text)
  if (type === 'string' || path !== ownerOf(path)?.path) return typeof value === 'string' ? value : text
  if (type === 'list' && !Array.isArray(value)) return listFromText(text)
  return value === undefined ? text : value
}

function listFromText(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** undefined where the text is not JSON5, which it need not be. */
function tryJson5(text: string): unknown {
  try {
    return JSON5.parse(text)
  } catch {
    return undefined
  }
}
