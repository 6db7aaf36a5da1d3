import { z } from 'zod'
import { configSchema } from './schema.ts'

/** What stands in a file for any value: the name of an environment variable. */
const reference = { type: 'string', pattern: String.raw`^\$\{[A-Za-z_][A-Za-z0-9_]*\}$` }

/** The JSON Schema of the file for editors; every value may be a `"${NAME}"`. Throws nothing. */
export function jsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7', override: ({ jsonSchema }) => adapt(jsonSchema) })
  return { title: 'xopc.json', ...schema }
}

function adapt(node: Record<string, unknown>): void {
  // Where a value comes from besides is for docs/config.md; editors know no such word.
  delete node['env']
  const { secret, type, description, default: byDefault, ...rest } = node
  for (const key of Object.keys(node)) delete node[key]
  Object.assign(node, description === undefined ? {} : { description }, byDefault === undefined ? {} : { default: byDefault })
  if (secret === true) Object.assign(node, { writeOnly: true })
  const isValue = type !== 'object' && type !== undefined
  Object.assign(
    node,
    isValue && hasLimits(type, rest) ? { anyOf: [{ type, ...rest }, reference] } : { ...(type === undefined ? {} : { type }), ...rest },
  )
}

/** Plain text takes a reference as it is. */
function hasLimits(type: unknown, rest: Record<string, unknown>): boolean {
  return type !== 'string' || Object.keys(rest).some((key) => !['minLength', 'maxLength'].includes(key))
}
