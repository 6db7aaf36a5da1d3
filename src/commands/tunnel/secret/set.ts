import { text } from 'node:stream/consumers'
import { Args, BaseCommand, Flags } from '../../../cli/base-command.ts'
import { cliErrors } from '../../../cli/errors.ts'
import { saveRegistrationSecret } from '../../../cli/tunnel-secret.ts'
import type { ConfigReload } from '../../../lib/protocol/http-api.ts'

/** `xopc tunnel secret set` */
export default class TunnelSecretSet extends BaseCommand {
  static override summary = 'Save the registration secret that whoever runs the broker gave you. It is not the token of the gateway.'
  static override usage = 'tunnel secret set [--stdin] [--json]'
  static override examples = ['<%= config.bin %> tunnel secret set', '<%= config.bin %> tunnel secret set --stdin < secret.txt']
  static override args = { secret: Args.string({ hidden: true, ignoreStdin: true }) }
  static override flags = { stdin: Flags.boolean({ summary: 'Read it from stdin, instead of asking for it.' }) }

  async run(): Promise<{ path: string; reload: ConfigReload | null }> {
    const { args, flags } = await this.parse(TunnelSecretSet)
    if (args.secret !== undefined)
      this.note('The secret stood on the command line, where others can read it; --stdin keeps it out of sight.')
    const secret = (args.secret ?? (flags.stdin ? await text(process.stdin) : await this.asked())).replace(/\r?\n$/, '')
    const { isMaskedText } = await import('../../../lib/config/weak-secrets.ts')
    if (secret.trim() === '' || isMaskedText(secret))
      throw cliErrors.USAGE({ problem: 'What was given is no secret: it is empty, or a mask.', help: 'xopc tunnel secret set --help' })
    const { path, lines, reload, origin } = await saveRegistrationSecret(secret, { env: process.env, path: this.configPath() })
    this.out(`Saved tunnel.registrationSecret in ${path}.`, ...lines)
    if (origin !== null) this.note(`${origin} is set and wins over it.`)
    this.out('', 'Next: xopc tunnel start')
    return { path, reload }
  }

  private async asked(): Promise<string> {
    const command = 'xopc tunnel secret set --stdin'
    if (!this.terminal.interactive || this.jsonEnabled()) throw cliErrors.ANSWER_NEEDED({ flag: '--stdin', command })
    const { askSecret } = await import('../../../cli/ask-secret.ts')
    return await askSecret('Registration secret:')
  }
}
