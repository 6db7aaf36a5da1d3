import { Args, GatewayCommand, Flags } from '../../cli/base-command.ts'
import { renderPlan } from '../../cli/render/plan.ts'
import { renderProxySet } from '../../cli/render/proxy.ts'
import type { AccessState } from '../../lib/protocol/http-api.ts'
import type { Plan } from '../../lib/access/access-method.ts'

/** `xopc proxy set` */
export default class ProxySet extends GatewayCommand {
  static override summary = 'Say at which address your own proxy serves this gateway, and verify it.'
  static override description =
    'The address is saved as gateway.publicUrl: https, or http in private networks, without a path. It is saved also where it does not work yet; then the exit code is 1 and the gateway goes on looking. Nothing is opened: your proxy is yours.'
  static override examples = [
    '<%= config.bin %> proxy set https://gateway.example.com',
    '<%= config.bin %> proxy set https://gateway.example.com --dry-run',
  ]
  static override args = { url: Args.string({ required: true, description: 'The address as your devices type it.' }) }
  static override flags = { 'dry-run': Flags.boolean({ summary: 'Show what would be done, and do nothing.' }) }

  async run(): Promise<AccessState | Plan> {
    const { args, flags } = await this.parse(ProxySet)
    const { kind, xopc } = await this.connection()
    if (flags['dry-run']) {
      const plan = await xopc.plan('proxy', { url: args.url })
      this.out(...renderPlan(plan))
      if (plan.refusal !== undefined) process.exitCode = 1
      return plan
    }
    const state = await xopc.enable('proxy', { url: args.url, wait: true })
    this.out(
      ...renderProxySet(state, { given: args.url, running: kind === 'client', textColumns: this.terminal.textColumns, now: Date.now() }),
    )
    if (state.phase === 'degraded' || state.phase === 'blocked' || state.phase === 'failed') process.exitCode = 1
    return state
  }
}
