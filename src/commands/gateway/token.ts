import { Flags, GatewayCommand } from '../../cli/base-command.ts'

/** `xopc gateway token` */
export default class GatewayToken extends GatewayCommand {
  static override summary = 'The owner token: what signs you in. Hidden unless --show.'
  static override examples = ['<%= config.bin %> gateway token --show', '<%= config.bin %> gateway token --generate']
  static override flags = {
    show: Flags.boolean({ summary: 'Print the token itself, and nothing else, to stdout.' }),
    generate: Flags.boolean({ summary: 'Replace the token; the old one and every session signed in with it end.' }),
  }

  async run(): Promise<{ token: string; generated: boolean }> {
    const { flags } = await this.parse(GatewayToken)
    const { requireLocal } = await import('../../cli/require-local.ts')
    const next = 'A gateway never tells its token. Type it on its computer: xopc gateway token --show'
    if (!flags.generate) await requireLocal(this.choice(), { command: 'xopc gateway token', next })
    const { masked, newOwnerToken, ownerToken } = await import('../../cli/owner-token.ts')
    const token = flags.generate
      ? await newOwnerToken(this.choice(), () => this.connection())
      : await ownerToken(process.env, this.configPath())
    if (flags.generate) this.note('The token was replaced; the old one no longer works.')
    const shown = flags.show ? token : masked(token)
    this.out(shown)
    if (!flags.show) this.note('', `Next: xopc gateway token --show, to print it${flags.generate ? ' (on the gateway’s computer)' : ''}`)
    return { token: shown, generated: flags.generate }
  }
}
