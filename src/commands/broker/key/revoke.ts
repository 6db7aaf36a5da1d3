import { Args } from '../../../cli/base-command.ts'
import { BrokerCommand, folderFlags } from '../../../cli/broker-command.ts'
import { renderKeyRevoked } from '../../../cli/render/broker.ts'
import type { KeyView } from '../../../lib/broker/manage.ts'

/** `xopc broker key revoke` */
export default class BrokerKeyRevoke extends BrokerCommand {
  static override summary = 'End a registration secret, every tunnel that came by it, and what runs through them.'
  static override description =
    'A broker that runs notices within two seconds. Names stay those of their gateways, which may come back with another secret.'
  static override examples = ['<%= config.bin %> broker key revoke 3f2a91bc']
  static override args = { id: Args.string({ required: true, description: 'Its id, as the list shows it.' }) }
  static override flags = folderFlags

  async run(): Promise<KeyView> {
    const { args, flags } = await this.parse(BrokerKeyRevoke)
    const { revokeKey } = await import('../../../lib/broker/manage.ts')
    const key = await this.withStore(flags, (store) => revokeKey(store, args.id, Date.now()))
    this.out(...renderKeyRevoked(key))
    return key
  }
}
