import { GatewayCommand, Flags } from '../../cli/base-command.ts'
import { renderLanOn } from '../../cli/render/lan.ts'
import { renderPlan } from '../../cli/render/plan.ts'
import type { AccessState } from '../../lib/protocol/http-api.ts'
import type { Plan } from '../../lib/access/access-method.ts'

/** `xopc lan on` */
export default class LanOn extends GatewayCommand {
  static override summary = 'Let devices on the same network in. Everyone still has to sign in.'
  static override description = 'Opens the door at once where a gateway runs; otherwise when it starts. The setting is gateway.bind.'
  static override examples = [
    '<%= config.bin %> lan on',
    '<%= config.bin %> lan on --address 192.168.1.5',
    '<%= config.bin %> lan on --dry-run',
  ]
  static override flags = {
    address: Flags.string({ helpValue: '<ip>', summary: 'One address of this computer, instead of every private one.' }),
    'dry-run': Flags.boolean({ summary: 'Show what would be done, and do nothing.' }),
  }

  async run(): Promise<AccessState | Plan> {
    const { flags } = await this.parse(LanOn)
    const { kind, xopc } = await this.connection()
    const options = flags.address === undefined ? {} : { address: flags.address }
    if (flags['dry-run']) {
      const plan = await xopc.plan('lan', options)
      this.out(...renderPlan(plan))
      if (plan.refusal !== undefined) process.exitCode = 1
      return plan
    }
    const state = await xopc.enable('lan', { ...options, wait: true })
    this.out(...renderLanOn(state, kind === 'client'))
    if (state.phase === 'blocked' || state.phase === 'failed') process.exitCode = 1
    return state
  }
}
