import { BrokerCommand, folderFlags, whereOf } from '../../../cli/broker-command.ts'
import { renderKeys } from '../../../cli/render/broker.ts'
import type { KeyView } from '../../../lib/broker/manage.ts'

/** `xopc broker key list` */
export default class BrokerKeyList extends BrokerCommand {
  static override summary = 'The registration secrets of a broker: for whom, how many names, whether revoked.'
  static override examples = ['<%= config.bin %> broker key list', '<%= config.bin %> broker key list --json']
  static override flags = folderFlags

  async run(): Promise<KeyView[]> {
    const { flags } = await this.parse(BrokerKeyList)
    const { listKeys } = await import('../../../lib/broker/manage.ts')
    const keys = await this.withStore(flags, listKeys)
    this.out(...renderKeys(keys, { columns: this.terminal.columns, where: whereOf(flags) }))
    return keys
  }
}
