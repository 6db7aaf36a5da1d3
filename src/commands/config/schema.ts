import { BaseCommand } from '../../cli/base-command.ts'

/** Prints the JSON Schema of the configuration file. */
export default class ConfigSchema extends BaseCommand {
  static override summary = 'Print the JSON Schema of the configuration file, for editors.'
  static override examples = ['<%= config.bin %> config schema > xopc.schema.json']

  async run(): Promise<Record<string, unknown>> {
    await this.parse(ConfigSchema)
    const { jsonSchema } = await import('../../lib/config/json-schema.ts')
    const schema = jsonSchema()
    this.out(JSON.stringify(schema, null, 2))
    return schema
  }
}
