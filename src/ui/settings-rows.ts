import type { ConfigView } from '../lib/protocol/http-api.ts'

/** What a row's value is typed into. */
export type Field = { kind: 'text' } | { kind: 'number' } | { kind: 'list' } | { kind: 'choice'; choices: readonly string[] }

/** One setting as the page shows it: everything of it is in the schema. */
export interface SettingRow {
  path: string
  /** The last part of the path. */
  name: string
  about: string
  field: Field
  /** A secret's value is never shown, only whether there is one. */
  secret: boolean
  /** What the file says; undefined where it says nothing. */
  value: unknown
  /** What counts then. */
  byDefault: unknown
  /** How a running gateway takes a change. */
  take: string
  /** The environment variable that wins over the file where it is set. */
  env: string | null
  /** The variable or flag that wins over the file now; null where none does. */
  origin: string | null
  /** What comes with a later version, and the setting does nothing before; null where it counts now. */
  later: string | null
}

/** Settings of one parent. */
export interface SettingGroup {
  /** `gateway.auth`; empty for the top. */
  path: string
  about: string
  rows: SettingRow[]
}

/** A node of the JSON Schema that `GET /api/config/schema` gives. */
export type SchemaNode = Readonly<Record<string, unknown>>

/** The rows of every setting, in the order of the schema. Pure: a key that the schema gains is a row more. */
export function settingGroups(schema: SchemaNode, { config, origins }: Pick<ConfigView, 'config' | 'origins'>): SettingGroup[] {
  return walk(schema, config, '')
    .map((group) => ({ ...group, rows: group.rows.map((row) => ({ ...row, origin: origins[row.path] ?? null })) }))
    .filter(({ rows }) => rows.length > 0)
}

function walk(node: SchemaNode, value: unknown, path: string): SettingGroup[] {
  const own: SettingGroup = { path, about: textOf(node['description']), rows: [] }
  const inner: SettingGroup[] = []
  for (const [name, child] of Object.entries(recordOf(node['properties']))) {
    const at = path === '' ? name : `${path}.${name}`
    const here = recordOf(child)
    const given = recordOf(value)[name]
    if (here['properties'] !== undefined) inner.push(...walk(here, given, at))
    else if (!name.startsWith('$')) own.rows.push(rowOf(here, given, at))
  }
  return [own, ...inner]
}

function rowOf(node: SchemaNode, value: unknown, path: string): SettingRow {
  return {
    path,
    name: path.slice(path.lastIndexOf('.') + 1),
    about: textOf(node['description']),
    field: fieldOf(node),
    secret: node['writeOnly'] === true,
    value,
    byDefault: node['default'],
    take: textOf(node['x-take']),
    env: typeof node['x-env'] === 'string' ? node['x-env'] : null,
    origin: null,
    later: typeof node['x-later'] === 'string' ? node['x-later'] : null,
  }
}

/** Where a value may be of several forms, the first is the setting's own. */
function fieldOf(node: SchemaNode): Field {
  const any = node['anyOf']
  const own = Array.isArray(any) ? recordOf(any[0]) : node
  if (Array.isArray(own['enum'])) return { kind: 'choice', choices: own['enum'].map(String) }
  if (own['type'] === 'boolean') return { kind: 'choice', choices: ['true', 'false'] }
  if (own['type'] === 'integer' || own['type'] === 'number') return { kind: 'number' }
  return own['type'] === 'array' ? { kind: 'list' } : { kind: 'text' }
}

/** A value as it stands in its field. Pure. */
export function fieldText(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join('\n')
  return value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value)
}

/** What was typed, as the file keeps it; a reference to a variable stays text. Pure. */
export function typedValue(row: Pick<SettingRow, 'field' | 'byDefault'>, text: string): unknown {
  const { field } = row
  if (field.kind === 'list') return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]))
  if (/^\$\{\w+\}$/.test(text)) return text
  if (field.kind === 'number') return numberOf(text.trim())
  if (field.kind === 'choice' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

/** Null removes the key, which only an empty field may; what JSON has no number for stays text, which the schema refuses. */
function numberOf(text: string): unknown {
  if (text === '') return null
  return Number.isFinite(Number(text)) ? Number(text) : text
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function recordOf(value: unknown): Record<string, unknown> {
  // `as`: what is an object and no list has text for keys.
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}
