import { z } from 'zod'
import { editDistance, nearest } from './nearest.ts'
import { configSchema } from './schema.ts'

/** What a key holds. */
export type KeyType = 'object' | 'string' | 'number' | 'boolean' | 'list'

/** One key of the configuration, as the schema declares it. */
export interface ConfigKey {
  path: string
  type: KeyType
  /** The only values it takes, where they can be listed. */
  choices: readonly string[] | null
  /** What counts where it is not written; undefined where nothing does. */
  default: unknown
  description: string
  secret: boolean
  /** It may be left out, and nothing counts in its place. */
  optional: boolean
  /** The environment variable that wins over the file. */
  env: string | null
}

/** Every key in the order of the schema, parents before their children. */
export const configKeys: readonly ConfigKey[] = walk(configSchema, '')

const byPath = new Map(configKeys.map((key) => [key.path, key]))

/** The key at a path; undefined where there is none. */
export function keyAt(path: string): ConfigKey | undefined {
  return byPath.get(path)
}

/** The key that a path belongs to: itself, or the list that it is a position of. */
export function ownerOf(path: string): ConfigKey | undefined {
  const key = byPath.get(path)
  const parent = byPath.get(path.replace(/\.\d+$/, ''))
  return key ?? (parent?.type === 'list' ? parent : undefined)
}

/** The known key that was probably meant, or null. A brother of the same parent goes before one elsewhere. */
export function nearestKey(path: string): string | null {
  const parent = path.includes('.') ? path.slice(0, path.lastIndexOf('.') + 1) : ''
  const brothers = configKeys.filter((key) => key.path.startsWith(parent) && !key.path.slice(parent.length).includes('.'))
  const last = nearest(
    path.slice(parent.length),
    brothers.map((key) => key.path.slice(parent.length)),
  )
  return last === null ? nearestElsewhere(path) : parent + last
}

/** The same or nearly the same name under another parent; the parent that shares most of the path goes first. */
function nearestElsewhere(path: string): string | null {
  const lastName = (key: string): string => key.slice(key.lastIndexOf('.') + 1)
  const name = nearest(
    lastName(path),
    configKeys.map((key) => lastName(key.path)),
  )
  const sameName = configKeys.filter((key) => lastName(key.path) === name).map((key) => key.path)
  return sameName.toSorted((a, b) => editDistance(a, path) - editDistance(b, path))[0] ?? null
}

/** A schema without its wrappers, and what they said. */
interface Bare {
  schema: z.ZodType
  meta: Record<string, unknown>
  default: unknown
  optional: boolean
}

function walk(schema: z.ZodType, path: string): ConfigKey[] {
  const bare = unwrap(schema)
  const own = path === '' ? [] : [toKey(path, bare)]
  if (!(bare.schema instanceof z.ZodObject)) return own
  const shape = Object.entries<z.ZodType>(bare.schema.shape)
  return [...own, ...shape.flatMap(([name, child]) => walk(child, path === '' ? name : `${path}.${name}`))]
}

function unwrap(schema: z.ZodType, meta: Record<string, unknown> = {}): Bare {
  const known = { ...schema.meta(), ...meta }
  // `as`, here and below: zod types what a wrapper holds as a core schema; ours are all made by the classic API.
  if (schema instanceof z.ZodDefault) return { ...unwrap(schema.def.innerType as z.ZodType, known), default: schema.def.defaultValue }
  if (schema instanceof z.ZodOptional) return { ...unwrap(schema.def.innerType as z.ZodType, known), optional: true }
  if (schema instanceof z.ZodPrefault) return unwrap(schema.def.innerType as z.ZodType, known)
  if (schema instanceof z.ZodPipe) return unwrap(schema.def.in as z.ZodType, known)
  return { schema, meta: known, default: undefined, optional: false }
}

function toKey(path: string, { schema, meta, default: byDefault, optional }: Bare): ConfigKey {
  return {
    path,
    type: typeOf(schema),
    choices: schema instanceof z.ZodEnum ? schema.options.map(String) : null,
    default: byDefault,
    description: typeof meta['description'] === 'string' ? meta['description'] : '',
    secret: meta['secret'] === true,
    optional,
    env: typeof meta['env'] === 'string' ? meta['env'] : null,
  }
}

function typeOf(schema: z.ZodType): KeyType {
  if (schema instanceof z.ZodObject) return 'object'
  if (schema instanceof z.ZodArray) return 'list'
  if (schema instanceof z.ZodBoolean) return 'boolean'
  return schema instanceof z.ZodNumber ? 'number' : 'string'
}
