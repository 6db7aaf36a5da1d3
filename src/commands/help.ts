import { loadHelpClass } from '@oclif/core/help'
import { Args, BaseCommand } from '../cli/base-command.ts'

/** `xopc help [command]` */
export default class Help extends BaseCommand {
  static override summary = 'Show what xopc can do, or what one command does.'
  static override args = { command: Args.string({ description: 'Command to show help for.' }) }
  static override strict = false

  async run(): Promise<void> {
    const { argv } = await this.parse(Help)
    const HelpClass = await loadHelpClass(this.config)
    await new HelpClass(this.config, { all: true }).showHelp(argv.map(String))
  }
}
