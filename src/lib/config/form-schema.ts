import { jsonSchema } from './json-schema.ts'
import { keyAt } from './keys.ts'
import { takeOf } from './reload-table.ts'
import { waitsFor } from './rules-version.ts'
import { isRecord } from './tree.ts'

/**
 * The JSON Schema for a form: besides what editors know, each setting says how a running gateway takes a change (`x-take`: `applied`,
 * `rebound`, `restart needed`), which environment variable wins over the file (`x-env`), and what it waits for where this version cannot do it
 * yet (`x-later`). What commands read and no gateway does is left out. Throws nothing.
 */
export function formSchema(schema: Record<string, unknown> = jsonSchema()): Record<string, unknown> {
  return withNotes(schema, '')
}

/** Which gateway the commands of this computer act on; on a gateway's own page it would lead nowhere. */
const ofCommands: ReadonlySet<string> = new Set(['gateway.mode', 'gateway.remote'])

function withNotes(node: Record<string, unknown>, path: string): Record<string, unknown> {
  const properties = node['properties']
  if (!isRecord(properties)) return { ...node, 'x-take': takeOf(path), ...variable(path), ...later(path) }
  const inner = Object.entries(properties).flatMap(([name, child]) => {
    const at = path === '' ? name : `${path}.${name}`
    if (ofCommands.has(at)) return []
    return [[name, isRecord(child) ? withNotes(child, at) : child]]
  })
  return { ...node, properties: Object.fromEntries(inner) }
}

function variable(path: string): { 'x-env'?: string } {
  const env = keyAt(path)?.env ?? null
  return env === null ? {} : { 'x-env': env }
}

function later(path: string): { 'x-later'?: string } {
  const method = waitsFor(path)
  return method === null ? {} : { 'x-later': method }
}
