import { agreeTo } from '../../cli/agree.ts'
import { Flags, GatewayCommand } from '../../cli/base-command.ts'
import { cliErrors } from '../../cli/errors.ts'
import type { Consented } from '../../lib/core/consent.ts'
import { tunnelConsent } from '../../lib/protocol/consent.ts'

/** `xopc tunnel consent` */
export default class TunnelConsent extends GatewayCommand {
  static override summary = 'Read what the public tunnel opens to strangers, and agree to it. Nothing is opened.'
  static override examples = ['<%= config.bin %> tunnel consent', '<%= config.bin %> tunnel consent --accept-risk']
  static override flags = { 'accept-risk': Flags.boolean({ summary: 'Agree, without being asked.' }) }

  async run(): Promise<Consented> {
    const { flags } = await this.parse(TunnelConsent)
    const xopc = await this.xopc()
    const asks = this.terminal.interactive && !this.jsonEnabled()
    if (!flags['accept-risk']) {
      if (!asks) this.note(...tunnelConsent.sentences)
      const agreed = asks && (await agreeTo(tunnelConsent))
      if (!agreed) throw cliErrors.ANSWER_NEEDED({ flag: '--accept-risk', command: 'xopc tunnel consent --accept-risk' })
    }
    const consented = await xopc.consent('tunnel', tunnelConsent.version)
    this.out(`Noted that you agree to the text ${consented.version}.`, '', 'Next: xopc tunnel start')
    return consented
  }
}
