import { askYes } from '../../cli/ask-yes.ts'
import { Flags, GatewayCommand } from '../../cli/base-command.ts'
import { cliErrors } from '../../cli/errors.ts'
import { renderPlan } from '../../cli/render/plan.ts'
import { renderTunnelOff } from '../../cli/render/tunnel.ts'
import type { Plan } from '../../lib/access/access-method.ts'
import { cleanText } from '../../lib/protocol/outside-text.ts'
import type { TunnelStatus } from '../../lib/protocol/tunnel-api.ts'

/** `xopc tunnel stop` */
export default class TunnelStop extends GatewayCommand {
  static override summary = 'Close the public tunnel. Its name stays yours, unless you give it back with --release.'
  static override examples = ['<%= config.bin %> tunnel stop', '<%= config.bin %> tunnel stop --release']
  static override flags = {
    release: Flags.boolean({ summary: 'Give the public name back to the broker, for ever; the next start gets another one.' }),
    yes: Flags.boolean({ summary: 'With --release: do not ask.' }),
    'dry-run': Flags.boolean({ summary: 'Show what would be done, and do nothing.' }),
  }

  async run(): Promise<TunnelStatus | Plan> {
    const { flags } = await this.parse(TunnelStop)
    const { kind, xopc } = await this.connection()
    if (flags['dry-run']) return this.shown(planOf(flags.release))
    const had = flags.release ? (await xopc.tunnelStatus()).subdomain : null
    if (flags.release && !flags.yes) await this.confirmed(had)
    await xopc.disable('tunnel', flags.release ? { release: true } : {})
    const status = await xopc.tunnelStatus()
    this.out(...renderTunnelOff(status, { running: kind === 'client', released: flags.release && had !== null }))
    return status
  }

  private shown(plan: Plan): Plan {
    this.out(...renderPlan(plan))
    return plan
  }

  /** What cannot be taken back is asked for once more. Throws `ANSWER_NEEDED` where nobody can be asked, or somebody says no. */
  private async confirmed(name: string | null): Promise<void> {
    const flag = '--yes'
    if (!this.terminal.interactive || this.jsonEnabled())
      throw cliErrors.ANSWER_NEEDED({ flag, command: 'xopc tunnel stop --release --yes' })
    const message = `Give back the name ${name === null ? '' : cleanText(name, 40)} for ever? Devices that know the gateway by it have to be paired anew.`
    if (!(await askYes(message))) throw cliErrors.ANSWER_NEEDED({ flag, command: 'xopc tunnel stop' })
  }
}

function planOf(release: boolean): Plan {
  const steps = [
    { title: 'end frpc, and every connection that came by the tunnel' },
    { title: 'set tunnel.enabled to false' },
    ...(release ? [{ title: 'give the public name back to the broker, for ever' }] : []),
  ]
  return { steps }
}
