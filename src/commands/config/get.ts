import { Args, BaseCommand } from '../../cli/base-command.ts'
import type { ConfigView } from '../../lib/protocol/http-api.ts'
import type { KeyReading } from '../../lib/config/read-key.ts'

/** Prints the file, or one setting as it is in effect. */
export default class ConfigGet extends BaseCommand {
  static override summary = 'Print the configuration file, or one setting as it is in effect. Secrets are masked.'
  static override examples = ['<%= config.bin %> config get', '<%= config.bin %> config get gateway.port']
  static override args = { key: Args.string({ description: 'The key, for example gateway.port.' }) }

  async run(): Promise<ConfigView | KeyReading> {
    const { args } = await this.parse(ConfigGet)
    return args.key === undefined ? await this.file() : await this.one(args.key)
  }

  private async file(): Promise<ConfigView> {
    const [{ inspectConfig }, { viewOf }] = await Promise.all([import('../../lib/config/load.ts'), import('../../lib/config/view.ts')])
    const view = viewOf(await inspectConfig({ env: process.env, path: this.configPath() }))
    this.out(JSON.stringify(view.config, null, 2))
    return view
  }

  private async one(key: string): Promise<KeyReading> {
    const [{ inspectConfig }, { readKey }] = await Promise.all([import('../../lib/config/load.ts'), import('../../lib/config/read-key.ts')])
    const reading = readKey(await inspectConfig({ env: process.env, path: this.configPath() }), key)
    const { value = null, source } = reading
    if (value !== null) this.out(typeof value === 'string' ? value : JSON.stringify(value, null, 2))
    else this.note(`${key} is not set.`)
    if (source !== 'file' && value !== null) this.note(source === 'default' ? '(by default)' : `(from ${source})`)
    return { ...reading, value }
  }
}
