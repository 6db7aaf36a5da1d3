import { BaseCommand } from '../../cli/base-command.ts'

/** `xopc gateway stop` */
export default class GatewayStop extends BaseCommand {
  static override summary = 'End the running gateway; every way in closes with it.'
  static override examples = ['<%= config.bin %> gateway stop']

  async run(): Promise<{ stopped: true }> {
    await this.parse(GatewayStop)
    const { xopc, state } = await this.connection()
    await xopc.stop()
    const { waitUntilGone } = await import('../../cli/gateway-changes.ts')
    await waitUntilGone(state)
    this.out('The gateway has ended.', '', 'Next: xopc gateway, to start it again')
    return { stopped: true }
  }
}
