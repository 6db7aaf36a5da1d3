import { GatewayCommand } from '../../cli/base-command.ts'

/** `xopc gateway restart` */
export default class GatewayRestart extends GatewayCommand {
  static override summary = 'End the running gateway and start it again with the same arguments.'
  static override examples = ['<%= config.bin %> gateway restart']

  async run(): Promise<{ restarted: true; url: string }> {
    await this.parse(GatewayRestart)
    const connection = await this.connection()
    const { startedAt } = await connection.xopc.status()
    await connection.xopc.restart()
    const { waitUntilBack } = await import('../../cli/gateway-changes.ts')
    const { url } = await waitUntilBack(connection, startedAt)
    this.out(`The gateway has started again on ${url}.`, '', 'Next: xopc status')
    return { restarted: true, url }
  }
}
