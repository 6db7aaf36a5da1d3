import { z } from 'zod'
import { API_PREFIX } from '../../protocol/routes.ts'
import { errorReply } from './replies.ts'
import type { ControlRoute } from './route.ts'

/** A JSON value as OpenAPI holds it. */
export type Json = Readonly<Record<string, unknown>>

/** OpenAPI 3.1 of the route table. Pure. */
export function openApi(routes: readonly ControlRoute[], version: string): Json {
  const paths: Record<string, Record<string, Json>> = {}
  for (const row of routes) (paths[templateOf(row.path)] ??= {})[row.method.toLowerCase()] = operation(row)
  return {
    openapi: '3.1.0',
    info: { title: 'xopc gateway', version, description: 'Every path is under /xopc; without an upstream also at the root.' },
    servers: [{ url: API_PREFIX }],
    components: {
      schemas: { Error: schemaOf(errorReply, 'output') },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        token: { type: 'apiKey', in: 'header', name: 'X-Xopc-Token' },
        session: { type: 'apiKey', in: 'cookie', name: 'xopc_session' },
      },
    },
    paths,
  }
}

function templateOf(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}')
}

function operation(row: ControlRoute): Json {
  return {
    summary: row.about,
    'x-scope': row.scope,
    security: row.scope === 'none' ? [] : [{ bearer: [] }, { token: [] }, { session: [] }],
    parameters: [...pathParameters(row.path), ...queryParameters(row.query)],
    ...(row.body === undefined ? {} : { requestBody: { content: { 'application/json': { schema: schemaOf(row.body, 'input') } } } }),
    responses: {
      200: success(row),
      default: { description: errorText(row), content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } },
    },
  }
}

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }))
}

function queryParameters(query: z.ZodType | undefined): Json[] {
  if (query === undefined) return []
  // Each query schema of the table is an object: its JSON Schema has properties.
  const properties = (schemaOf(query, 'input')['properties'] ?? {}) as Record<string, Json>
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', schema }))
}

function success({ reply, produces }: ControlRoute): Json {
  if (reply === undefined && produces === undefined) return { description: 'Done.' }
  const schema = reply === undefined ? { type: 'string' } : schemaOf(reply, 'output')
  return { description: 'Done.', content: { [produces ?? 'application/json']: { schema } } }
}

function errorText({ codes = [] }: ControlRoute): string {
  return codes.length === 0 ? 'Refused.' : `Refused: ${codes.join(', ')}, or what every route may answer.`
}

/** JSON Schema of a zod schema, without the draft's own marker. */
export function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _draft, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}
