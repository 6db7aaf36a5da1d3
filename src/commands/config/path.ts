import { BaseCommand } from '../../cli/base-command.ts'

/** Prints where the configuration file is. */
export default class ConfigPath extends BaseCommand {
  static override summary = 'Print where the configuration file is.'

  async run(): Promise<{ path: string; exists: boolean }> {
    await this.parse(ConfigPath)
    const { configPath, readConfigText } = await import('../../lib/config/load.ts')
    const path = configPath(process.env, this.configPath())
    const exists = (await readConfigText(path)) !== null
    this.out(path)
    if (!exists) this.note('It does not exist yet; the defaults are in effect.')
    return { path, exists }
  }
}
