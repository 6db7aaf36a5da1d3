import { Args } from '../../../cli/base-command.ts'
import { BrokerCommand, folderFlags } from '../../../cli/broker-command.ts'
import { renderTunnelRevoked } from '../../../cli/render/broker.ts'
import type { TunnelView } from '../../../lib/broker/manage.ts'

/** `xopc broker tunnels revoke` */
export default class BrokerTunnelsRevoke extends BrokerCommand {
  static override summary = 'Cut a tunnel, retire its name for ever, and throw its gateway out.'
  static override description =
    'A broker that runs notices within two seconds. The gateway gets no other name here, whatever secret it shows.'
  static override examples = ['<%= config.bin %> broker tunnels revoke k7m2p9xq']
  static override args = { tunnel: Args.string({ required: true, description: 'Its name or id, as the list shows it.' }) }
  static override flags = folderFlags

  async run(): Promise<TunnelView> {
    const { args, flags } = await this.parse(BrokerTunnelsRevoke)
    const { revokeTunnel } = await import('../../../lib/broker/manage.ts')
    const tunnel = await this.withStore(flags, (store) => revokeTunnel(store, args.tunnel, Date.now()))
    this.out(...renderTunnelRevoked(tunnel))
    return tunnel
  }
}
