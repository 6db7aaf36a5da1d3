import { Flags } from '../../../cli/base-command.ts'
import { BrokerCommand, folderFlags, whereOf } from '../../../cli/broker-command.ts'
import { renderNewKey } from '../../../cli/render/broker.ts'
import type { KeyView } from '../../../lib/broker/manage.ts'
import { cleanText } from '../../../lib/protocol/outside-text.ts'

/** `xopc broker key create` */
export default class BrokerKeyCreate extends BrokerCommand {
  static override summary = 'Make a registration secret, with which gateways get names here. It is shown once.'
  static override examples = [
    '<%= config.bin %> broker key create --name alice',
    '<%= config.bin %> broker key create --name family --leases 5 --json',
  ]
  static override flags = {
    ...folderFlags,
    name: Flags.string({ default: '', helpValue: '<text>', summary: 'For whom it is; only you see it.' }),
    leases: Flags.integer({ min: 1, max: 100_000, default: 100, helpValue: '<number>', summary: 'So many names may be held by it.' }),
  }

  async run(): Promise<KeyView & { secret: string }> {
    const { flags } = await this.parse(BrokerKeyCreate)
    const { createKey } = await import('../../../lib/broker/manage.ts')
    const given = { name: cleanText(flags.name, 64), maxLeases: flags.leases, now: Date.now() }
    const key = await this.withStore(flags, (store) => createKey(store, given))
    this.out(...renderNewKey(key, whereOf(flags)))
    return key
  }
}
