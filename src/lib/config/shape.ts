import type { z } from 'zod'
import { XopcError } from '../errors/error.ts'
import { configErrors } from './errors.ts'
import { nearestKey } from './keys.ts'
import type { Found, Segments } from './problems.ts'
import { type Config, configSchema } from './schema.ts'
import { type Tree, valueAt } from './tree.ts'

/** Values that have the schema's shape, or where they have not. */
export type Shaped = { config: Config } | { problems: Found[] }

/** Holds values against the schema, keys and types only. Throws nothing. */
export function shape(values: Tree): Shaped {
  const result = configSchema.safeParse(values)
  return result.success ? { config: result.data } : { problems: result.error.issues.flatMap((issue) => toFound(issue, values)) }
}

function toFound(issue: z.core.$ZodIssue, values: Tree): Found[] {
  // `as`: keys of the configuration are text and positions; a symbol cannot come out of JSON5.
  const segments = issue.path as Segments
  if (issue.code === 'unrecognized_keys') return issue.keys.map((name) => unknownKey([...segments, name]))
  return [{ segments, error: toError(issue, segments.join('.') || 'the file', valueAt(values, segments)), severity: 'error' }]
}

/** A key that the schema does not have, with the one that was probably meant. */
export function unknownKey(segments: Segments): Found {
  const key = segments.join('.')
  const near = nearestKey(key)
  const nearest = near === null ? '' : ` Did you mean ${near}?`
  return { segments, error: configErrors.CONFIG_UNKNOWN_KEY({ key, nearest }), severity: 'error' }
}

function toError(issue: z.core.$ZodIssue, key: string, value: unknown): XopcError {
  if (issue.code === 'custom' && issue.params?.['error'] instanceof XopcError) return issue.params['error']
  if (issue.code === 'invalid_type') return configErrors.CONFIG_WRONG_TYPE({ key, expected: typeName(issue.expected), got: nameOf(value) })
  return configErrors.CONFIG_WRONG_VALUE({ key, rule: ruleOf(issue) })
}

function ruleOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return `must be ${list(issue.values.map((value) => JSON.stringify(value)))}`
  if (issue.code === 'too_small') return issue.origin === 'string' ? 'must not be empty' : `must be at least ${issue.minimum}`
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}`
  if (issue.message.startsWith('must be')) return issue.message
  return issue.code === 'invalid_format' ? `must be a ${issue.format}` : issue.message
}

function list(words: readonly (string | undefined)[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object { … }',
}

function typeName(type: string): string {
  return typeNames[type] ?? type
}

/** The kind of a value, never the value: it may be a secret in the wrong place. */
function nameOf(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'boolean' ? String(value) : typeName(Number.isInteger(value) ? 'int' : typeof value)
}
