import { Flags, GatewayCommand } from '../../cli/base-command.ts'
import { followMethod } from '../../cli/follow-method.ts'
import { renderPlan } from '../../cli/render/plan.ts'
import { renderTailscaleOff } from '../../cli/render/tailscale.ts'
import type { Plan } from '../../lib/access/access-method.ts'
import type { Xopc } from '../../lib/core/xopc.ts'
import type { AccessState } from '../../lib/protocol/http-api.ts'

/** So long a Tailscale that does not answer may take until that is known, ms. */
const PATIENCE_MS = 15_000

/** `xopc tailscale off` */
export default class TailscaleOff extends GatewayCommand {
  static override summary = 'Take the gateway off your tailnet, and off Funnel. What else this computer serves stays.'
  static override examples = ['<%= config.bin %> tailscale off']
  static override flags = { 'dry-run': Flags.boolean({ summary: 'Show what would be done, and do nothing.' }) }

  async run(): Promise<AccessState | Plan> {
    const { flags } = await this.parse(TailscaleOff)
    const { kind, xopc } = await this.connection()
    if (flags['dry-run']) {
      const plan = {
        steps: [
          { title: 'close the door for Tailscale and the connections that came through it' },
          { title: 'take our entry, and no other, out of Tailscale' },
          { title: 'set gateway.tailscale.mode to off' },
        ],
      }
      this.out(...renderPlan(plan))
      return plan
    }
    const first = await xopc.disable('tailscale')
    const state = kind === 'client' ? await untilOff(xopc, first) : first
    this.out(...renderTailscaleOff(state, kind === 'client'))
    if (state.phase !== 'off') process.exitCode = 1
    return state
  }
}

async function untilOff(xopc: Xopc, first: AccessState): Promise<AccessState> {
  const isOver = ({ phase }: AccessState): boolean => phase === 'off' || phase === 'failed'
  return await followMethod(xopc, 'tailscale', first, { signal: AbortSignal.timeout(PATIENCE_MS), isOver, onState() {} })
}
