import { GatewayCommand } from '../../cli/base-command.ts'
import { renderProxyClear } from '../../cli/render/proxy.ts'
import type { AccessState } from '../../lib/protocol/http-api.ts'

/** `xopc proxy clear` */
export default class ProxyClear extends GatewayCommand {
  static override summary = 'Forget the address of your own proxy. The proxy itself is not touched.'
  static override description =
    'Takes gateway.publicUrl out of the configuration: its name no longer counts as this gateway’s, and it is no longer looked at.'
  static override examples = ['<%= config.bin %> proxy clear']

  async run(): Promise<AccessState> {
    await this.parse(ProxyClear)
    const { kind, xopc } = await this.connection()
    const state = await xopc.disable('proxy')
    this.out(...renderProxyClear(kind === 'client'))
    return state
  }
}
