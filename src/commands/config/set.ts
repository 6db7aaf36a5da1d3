import { text } from 'node:stream/consumers'
import { BaseCommand, Flags } from '../../cli/base-command.ts'
import { askWhatGatewayTook, describeTaken } from '../../cli/gateway-took.ts'
import type { ConfigChange } from '../../lib/protocol/http-api.ts'

/** Changes settings in the file on this computer, all in one edit. */
export default class ConfigSet extends BaseCommand {
  static override summary = 'Change settings in the file on this computer, several in one edit. Comments and layout stay.'
  static override usage = 'config set <key>=<value>… [--stdin <key>] [--json]'
  static override examples = [
    '<%= config.bin %> config set gateway.port=18800',
    '<%= config.bin %> config set gateway.corsOrigins=\'["https://app.example.com"]\'',
    '<%= config.bin %> config set gateway.auth.password',
    '<%= config.bin %> config set --stdin gateway.auth.password < password.txt',
  ]
  static override strict = false
  static override flags = {
    stdin: Flags.boolean({ summary: 'Read the value of the key that stands without one from stdin, instead of asking for it.' }),
  }

  async run(): Promise<ConfigChange> {
    const { argv, flags } = await this.parse(ConfigSet)
    const [{ readAssignments }, { editConfig }, { viewOf }, { isMaskedText }] = await Promise.all([
      import('../../lib/config/assignments.ts'),
      import('../../lib/config/edit.ts'),
      import('../../lib/config/view.ts'),
      import('../../lib/config/weak-secrets.ts'),
    ])
    const words = argv.map(String)
    const { edits, exposed } = readAssignments(words, flags.stdin ? await text(process.stdin) : await this.asked(words))
    for (const key of exposed) this.note(`${key} stood on the command line, where others can read it; --stdin keeps it out of sight.`)
    const view = viewOf(await editConfig({ env: process.env, path: this.configPath(), edits }))
    const reload = await askWhatGatewayTook(process.env, view.path)
    const isMask = (key: string): boolean => isMaskedText(String(edits[key]))
    for (const key of Object.keys(edits).filter(isMask)) this.note(`${key} was given as a mask, so it stays as it is.`)
    const saved = Object.keys(edits).filter((key) => !isMask(key))
    if (saved.length > 0) this.out(`Saved ${saved.join(', ')} in ${view.path}.`, ...describeTaken(saved, reload))
    return { ...view, reload }
  }

  /** One key without a value is asked for where somebody sits at the terminal. */
  private async asked(words: readonly string[]): Promise<string | null> {
    const bare = words.filter((word) => !word.includes('='))
    if (bare.length !== 1 || !this.terminal.interactive || this.jsonEnabled()) return null
    const { askSecret } = await import('../../cli/ask-secret.ts')
    return askSecret(`Value of ${bare[0]}:`)
  }
}
