import { configErrors } from './errors.ts'
import { configKeys } from './keys.ts'
import { type Found, type Segments, toSegments } from './problems.ts'
import { type Tree, isRecord, valueAt, withValue } from './tree.ts'
import { valueFromText } from './value-text.ts'

/** Values of flags, which win over environment and file. */
export interface Overrides {
  port?: number | undefined
  bind?: string | undefined
  token?: string | undefined
  upstream?: string | undefined
  tailscale?: string | undefined
  'tailscale-reset-on-exit'?: boolean | undefined
}

/** Where a value that is not written in the file comes from: path → `XOPC_GATEWAY_TOKEN`, `--port`. */
export type Origins = ReadonlyMap<string, string>

/** Values after environment and flags had their say. */
export interface Merged {
  values: Tree
  origins: Origins
  problems: Found[]
}

const flags = [
  ['port', 'gateway.port'],
  ['bind', 'gateway.bind'],
  ['token', 'gateway.auth.token'],
  ['upstream', 'gateway.upstream.url'],
  ['tailscale', 'gateway.tailscale.mode'],
  ['tailscale-reset-on-exit', 'gateway.tailscale.resetOnExit'],
] as const

const reference = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/

/** Whether a value asks for an environment variable: `"${NAME}"`, the whole text. */
export function isReference(value: unknown): value is string {
  return typeof value === 'string' && reference.test(value)
}

/** Fills in `"${NAME}"`, then lets the environment, then the flags win. Throws nothing. */
export function mergeSources(file: Tree, env: NodeJS.ProcessEnv, overrides: Overrides): Merged {
  const problems: Found[] = []
  // `as`: a record stays a record when its values are replaced.
  const filled = substitute(file, [], env, problems) as Tree
  const given = [...fromEnvironment(env), ...fromFlags(overrides)]
  const values = given.reduce<unknown>((tree, { path, value }) => withValue(tree, toSegments(path), value), filled)
  // A missing variable does not matter where something else wins.
  const open = problems.filter(({ segments }) => !given.some(({ path }) => path === segments.join('.')))
  return { values: values as Tree, origins: new Map(given.map(({ path, from }) => [path, from])), problems: open }
}

interface Given {
  path: string
  value: unknown
  from: string
}

function fromEnvironment(env: NodeJS.ProcessEnv): Given[] {
  return configKeys.flatMap(({ path, env: name }) => {
    const text = name === null ? undefined : env[name]
    return name === null || text === undefined || text === '' ? [] : [{ path, value: text, from: name }]
  })
}

function fromFlags(overrides: Overrides): Given[] {
  return flags.flatMap(([name, path]) => (overrides[name] === undefined ? [] : [{ path, value: overrides[name], from: `--${name}` }]))
}

function substitute(value: unknown, segments: Segments, env: NodeJS.ProcessEnv, problems: Found[]): unknown {
  if (Array.isArray(value)) return value.map((item, index) => substitute(item, [...segments, index], env, problems))
  if (isRecord(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, substitute(child, [...segments, key], env, problems)]))
  }
  const name = typeof value === 'string' ? reference.exec(value)?.[1] : undefined
  if (name === undefined) return value
  const key = segments.join('.')
  const text = env[name]
  if (text !== undefined && text !== '') return valueFromText(key, text)
  problems.push({ segments, error: configErrors.CONFIG_ENV_NOT_SET({ key, name }), severity: 'error' })
  return undefined
}

/** Where both secrets could count, a written mode decides; a password alone means password. */
export function inferAuthMode(values: Tree): Tree {
  const at = (name: string): unknown => valueAt(values, ['gateway', 'auth', name])
  if (at('mode') !== undefined || at('password') === undefined || at('token') !== undefined) return values
  // `as`: a record stays a record when a key is added.
  return withValue(values, ['gateway', 'auth', 'mode'], 'password') as Tree
}
