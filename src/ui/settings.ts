import { bodyOf } from '../lib/client/call.ts'
import type { ConfigView } from '../lib/protocol/http-api.ts'
import type { Gateway } from './gateway.ts'
import type { SchemaNode } from './settings-rows.ts'
import { transport } from './transport.ts'

/** The configuration file with the schema of it. */
export interface Settings {
  view: ConfigView
  schema: SchemaNode
}

/** Asks for both. Throws what the gateway says. */
export async function readSettings({ client }: Pick<Gateway, 'client'>): Promise<Settings> {
  const [view, schema] = await Promise.all([client.config(), readSchema()])
  return { view, schema }
}

async function readSchema(): Promise<SchemaNode> {
  const reply = await transport({ method: 'GET', path: '/xopc/api/config/schema' })
  // `as`: bodyOf has seen that it is an object with properties.
  return (await bodyOf(reply, ['properties'])) as SchemaNode
}
