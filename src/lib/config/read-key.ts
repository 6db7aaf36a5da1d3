import { type ConfigKey, configKeys, ownerOf } from './keys.ts'
import type { Loaded } from './load.ts'
import { toSegments } from './problems.ts'
import { maskAt } from './secrets.ts'
import { unknownKey } from './shape.ts'
import { valueAt } from './tree.ts'

/** One setting as it is in effect, secrets masked. */
export interface KeyReading {
  key: string
  /** Undefined where nothing is set and nothing counts by default. */
  value: unknown
  /** `file`, `default`, or the flag or environment variable that wins. */
  source: string
}

/** Reads one key of the effective configuration; of a broken file, what is written. Throws `CONFIG_UNKNOWN_KEY` naming the nearest. */
export function readKey(loaded: Loaded, path: string): KeyReading {
  const key = ownerOf(path)
  if (key === undefined) throw unknownKey(toSegments(path)).error
  const segments = toSegments(path)
  const written = valueAt(loaded.source.values, segments)
  const value = valueAt(loaded.config ?? loaded.source.values, segments) ?? defaultOf(key)
  return { key: path, value: maskAt(value, path), source: loaded.origins.get(path) ?? (written === undefined ? 'default' : 'file') }
}

function defaultOf(key: ConfigKey): unknown {
  if (key.type !== 'object') return key.default
  const children = configKeys.filter(({ path, default: value }) => path.startsWith(`${key.path}.`) && value !== undefined)
  return children.length === 0
    ? undefined
    : Object.fromEntries(children.map(({ path, default: value }) => [path.slice(key.path.length + 1), value]))
}
