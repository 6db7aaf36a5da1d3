import { BaseCommand } from '../../cli/base-command.ts'

/** `xopc gateway restart` */
export default class GatewayRestart extends BaseCommand {
  static override summary = 'End the running gateway and start it again with the same arguments.'
  static override examples = ['<%= config.bin %> gateway restart']

  async run(): Promise<{ restarted: true; url: string }> {
    await this.parse(GatewayRestart)
    const { xopc, state } = await this.connection()
    const { startedAt } = await xopc.status()
    await xopc.restart()
    const { waitUntilBack } = await import('../../cli/gateway-changes.ts')
    const { url } = await waitUntilBack(state, startedAt)
    this.out(`The gateway has started again on ${url}.`, '', 'Next: xopc status')
    return { restarted: true, url }
  }
}
