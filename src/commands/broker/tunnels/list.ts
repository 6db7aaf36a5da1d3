import { BrokerCommand, folderFlags } from '../../../cli/broker-command.ts'
import { renderTunnels } from '../../../cli/render/broker.ts'
import type { TunnelView } from '../../../lib/broker/manage.ts'

/** `xopc broker tunnels list` */
export default class BrokerTunnelsList extends BrokerCommand {
  static override summary = 'Every name that a broker has given out: to which gateway, when it was heard of last, whether it is over.'
  static override examples = ['<%= config.bin %> broker tunnels list', '<%= config.bin %> broker tunnels list --dev --json']
  static override flags = folderFlags

  async run(): Promise<TunnelView[]> {
    const { flags } = await this.parse(BrokerTunnelsList)
    const { listTunnels } = await import('../../../lib/broker/manage.ts')
    const tunnels = await this.withStore(flags, listTunnels)
    this.out(...renderTunnels(tunnels, { columns: this.terminal.columns, now: Date.now() }))
    return tunnels
  }
}
