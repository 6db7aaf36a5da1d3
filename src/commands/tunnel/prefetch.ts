import { GatewayCommand } from '../../cli/base-command.ts'
import type { Prefetched } from '../../lib/access/access-method.ts'
import { cleanText } from '../../lib/protocol/outside-text.ts'

const longest = 300

/** `xopc tunnel prefetch` */
export default class TunnelPrefetch extends GatewayCommand {
  static override summary = 'Download frpc, the program that holds the tunnel, and check its digest, so that the first start is quick.'
  static override examples = ['<%= config.bin %> tunnel prefetch']

  async run(): Promise<Prefetched> {
    await this.parse(TunnelPrefetch)
    const xopc = await this.xopc()
    const found = await xopc.prefetchTunnel()
    this.out(`frpc ${cleanText(found.version, 40)} is there: ${cleanText(found.program, longest)}`)
    if (found.warning !== null) this.note(cleanText(found.warning.message, longest))
    this.out('', 'Next: xopc tunnel start')
    return found
  }
}
