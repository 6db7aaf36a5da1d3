import { GatewayCommand, Flags } from '../../cli/base-command.ts'
import { renderPlan } from '../../cli/render/plan.ts'
import type { AccessState } from '../../lib/protocol/http-api.ts'
import type { Plan } from '../../lib/access/access-method.ts'

/** `xopc lan off` */
export default class LanOff extends GatewayCommand {
  static override summary = 'Close the gateway to the network; this computer keeps its connections.'
  static override examples = ['<%= config.bin %> lan off']
  static override flags = { 'dry-run': Flags.boolean({ summary: 'Show what would be done, and do nothing.' }) }

  async run(): Promise<AccessState | Plan> {
    const { flags } = await this.parse(LanOff)
    const { kind, xopc } = await this.connection()
    if (flags['dry-run']) {
      const plan = {
        steps: [{ title: 'close the lan door and the connections that came through it' }, { title: 'set gateway.bind to loopback' }],
      }
      this.out(...renderPlan(plan))
      return plan
    }
    const state = await xopc.disable('lan')
    const now = kind === 'client' ? 'The gateway is closed to the network.' : 'The gateway stays closed to the network when it starts.'
    this.out(now, '', 'Next: xopc lan on, to open it again')
    return state
  }
}
