import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import { API_LEVEL } from '../src/lib/protocol/http-api.ts'
import { controlRoutes } from '../src/lib/gateway/control/routes/table.ts'
import { type Json, schemaOf } from '../src/lib/gateway/control/openapi.ts'
import { accessState, configProblem, errorInfo, verification } from '../src/lib/gateway/control/replies.ts'
import type { Access, ControlRoute } from '../src/lib/gateway/control/route.ts'

/** Writes docs/api.md from the route table; with `--check` writes nothing and ends with 1 when it is out of date. */
const path = join(import.meta.dirname, '../docs/api.md')

const who: Record<Access, string> = {
  none: 'anyone',
  read: '`read`',
  run: '`run`',
  pair: '`pair`',
  admin: '`admin`',
  session: 'the browser session itself',
  probe: 'a probe ticket as Bearer, or `admin`',
}

const intro = `# HTTP API

Generated from the route table by \`node scripts/generate-api-docs.ts\`; do not edit.

The API is under \`/xopc\` (\`/xopc/api/status\`), and without \`gateway.upstream\` at the root, too (\`/api/status\`). With an upstream only
\`/health\`, \`/api/tunnel/pair/ping\`, \`/api/tunnel/pair/validate-url\`, \`/api/tunnel/exchange-token\` and
\`/api/gateway-identity/challenge\` stay at the root; everything else goes to the app. The control socket in the state folder serves the same API with
all rights and without a credential.

**Credentials.** \`Authorization: Bearer\`, \`X-Xopc-Token\` or \`X-Api-Key\` with the owner's token (in password mode: the password). In a browser
the session cookie grants \`read\` and \`run\`; with its session key as \`X-Xopc-Token\` everything. Never a query parameter, except \`?ticket=\` for
EventSource and WebSocket: a ticket works once, within 30 s.

**Bodies** are JSON with \`Content-Type: application/json\`, at most 1 MiB; unknown fields are refused. Replies are JSON, carry
\`X-Xopc-Api: ${API_LEVEL}\` and are never cached.

**Errors** look alike: \`{"error": "what happened", "code": "CODE", "hint": "what to do next", "docs": "where it is explained"}\` with the status of the
code; see [errors.md](errors.md). Besides the codes named with a route, every route may answer \`missing_token\`, \`invalid_token\`, \`auth_blocked\`,
\`SCOPE_MISSING\`, \`UNKNOWN_HOST\`, \`FOREIGN_ORIGIN\`, \`BODY_INVALID\`, \`BODY_NOT_JSON\`, \`BODY_TOO_LARGE\` and \`INTERNAL\`.

The same as OpenAPI 3.1: \`GET /api/openapi.json\`.
`

const echo = `## GET /api/probe/ws

WebSocket: sends every message back, at most 64 KiB each.

For: ${who.probe}.
`

/** What stands in several replies is described once, under its name. */
const named: readonly [name: string, schema: z.ZodType][] = [
  ['AccessState', accessState],
  ['ErrorInfo', errorInfo],
  ['Verification', verification],
  ['ConfigProblem', configProblem],
]
const names = new Map(named.map(([name, schema]) => [JSON.stringify(schemaOf(schema, 'output')), name]))

function section(row: ControlRoute): string {
  const lines = [`## ${row.method} ${row.path}`, row.about, `For: ${who[row.scope]}.`]
  if (row.query !== undefined) lines.push(`Query: ${code(row.query, 'input')}`)
  if (row.body !== undefined) lines.push(`Body: ${code(row.body, 'input')}`)
  lines.push(`Reply: ${replyOf(row)}`)
  if (row.codes !== undefined) lines.push(`Codes: ${row.codes.map((each) => `[${each}](errors.md#${each.toLowerCase()})`).join(', ')}.`)
  return `${lines.join('\n\n')}\n`
}

function replyOf({ reply, produces }: ControlRoute): string {
  if (reply !== undefined) return code(reply, 'output')
  return produces === undefined ? 'nothing.' : `\`${produces}\`.`
}

function code(schema: z.ZodType, io: 'input' | 'output'): string {
  return `\`${shape(schemaOf(schema, io))}\``
}

/** A JSON Schema as a person writes it: `{address?: string}`. */
function shape(schema: Json): string {
  return names.get(JSON.stringify(schema)) ?? written(schema)
}

function written(schema: Json): string {
  const variants = schema['oneOf'] ?? schema['anyOf']
  if (Array.isArray(variants)) return [...new Set(variants.map(shape))].join(' | ')
  if (schema['const'] !== undefined) return JSON.stringify(schema['const'])
  if (Array.isArray(schema['enum'])) return schema['enum'].map((value) => JSON.stringify(value)).join(' | ')
  if (schema['type'] === 'array') return arrayShape(schema)
  return schema['type'] === 'object' ? objectShape(schema) : plainType(schema['type'])
}

function arrayShape(schema: Json): string {
  // `items` of what zod writes for z.array is one schema.
  const item = shape((schema['items'] ?? {}) as Json)
  return item.includes(' | ') ? `(${item})[]` : `${item}[]`
}

function objectShape(schema: Json): string {
  // As zod writes it: properties by name, and the names of the required ones.
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Json>)
  const required = new Set((schema['required'] ?? []) as string[])
  if (properties.length === 0) return schema['additionalProperties'] === false ? '{}' : '{[path]: value}'
  return `{${properties.map(([name, value]) => `${name}${required.has(name) ? '' : '?'}: ${shape(value)}`).join(', ')}}`
}

function plainType(type: unknown): string {
  if (Array.isArray(type)) return type.join(' | ')
  return typeof type === 'string' ? type : 'any'
}

const shapes = `## Shapes

${named.map(([name, schema]) => `- **${name}**: \`${written(schemaOf(schema, 'output'))}\``).join('\n')}
`

const text = [intro, ...controlRoutes.map(section), echo, shapes].join('\n')

if (!process.argv.includes('--check')) writeFileSync(path, text)
else if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
  console.error('docs/api.md is out of date: node scripts/generate-api-docs.ts')
  process.exitCode = 1
}
