import { Args, BaseCommand } from '../cli/base-command.ts'

/** `xopc help [command]` */
export default class Help extends BaseCommand {
  static override summary = 'Show what xopc can do, or what one command does.'
  static override examples = ['<%= config.bin %> help lan on']
  static override args = { command: Args.string({ description: 'Command to show help for.' }) }
  static override strict = false
  static override enableJsonFlag = false

  async run(): Promise<void> {
    const { argv } = await this.parse(Help)
    const { showHelp } = await import('../cli/help.ts')
    await showHelp(this.config, argv.map(String))
  }
}
