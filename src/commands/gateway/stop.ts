import { GatewayCommand } from '../../cli/base-command.ts'

/** `xopc gateway stop` */
export default class GatewayStop extends GatewayCommand {
  static override summary = 'End the running gateway; every way in closes with it.'
  static override examples = ['<%= config.bin %> gateway stop']

  async run(): Promise<{ stopped: true }> {
    await this.parse(GatewayStop)
    const connection = await this.connection()
    await connection.xopc.stop()
    const { waitUntilGone } = await import('../../cli/gateway-changes.ts')
    await waitUntilGone(connection)
    const next = connection.remote === null ? 'xopc gateway, to start it again' : 'start it again on its own computer'
    this.out('The gateway has ended.', '', `Next: ${next}`)
    return { stopped: true }
  }
}
