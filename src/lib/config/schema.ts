import { z } from 'zod'
import { tunnelSettings } from '../access/tunnel/config.ts'
import { gatewaySettings } from './gateway-settings.ts'

// Compiling a schema to code takes longer than the few parses of a run.
z.config({ jitless: true })

/**
 * The one truth about settings: types, docs/config.md, the JSON Schema for editors and the list of secrets come from it.
 * Metadata of a key: `description`; `secret: true` where it is never shown; `env`, the environment variable that wins over the file.
 */
export const configSchema = z.strictObject({
  $schema: z.string().optional().meta({ description: 'For editors: where the JSON Schema of this file lies.' }),
  gateway: gatewaySettings.meta({ description: 'The gateway.' }),
  tunnel: tunnelSettings.meta({ description: 'The public tunnel.' }),
})

/** The effective configuration: file, environment and flags, defaults filled in. */
export type Config = z.output<typeof configSchema>
/** The configuration as a person writes it: every key may be missing. */
export type ConfigInput = z.input<typeof configSchema>

/** The configuration of a file that does not exist. */
export function defaultConfig(): Config {
  return configSchema.parse({})
}
