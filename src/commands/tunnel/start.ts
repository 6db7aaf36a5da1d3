import { Flags, GatewayCommand } from '../../cli/base-command.ts'
import { openMethod } from '../../cli/open-method.ts'
import { renderPlan } from '../../cli/render/plan.ts'
import { renderTunnelOn } from '../../cli/render/tunnel.ts'
import { createStepTicks } from '../../cli/step-ticks.ts'
import { endSignal } from '../../cli/until-ended.ts'
import type { Plan } from '../../lib/access/access-method.ts'
import { tunnelConsent } from '../../lib/protocol/consent.ts'
import type { TunnelStatus } from '../../lib/protocol/tunnel-api.ts'

/** What a shell expects of a command that Ctrl-C ended. */
const INTERRUPTED = 130
/** A download, and three minutes for the first certificate (ms). */
const LONGEST_MS = 600_000

/** `xopc tunnel start` */
export default class TunnelStart extends GatewayCommand {
  static override summary = 'Open the gateway to the internet at a public https address, through a broker. Everyone still has to sign in.'
  static override description =
    'The first start asks whether you agree, downloads frpc (checked by its digest), registers with the broker and waits until the address really leads here; the first certificate can take 1 to 3 minutes. Exits with 1 where it is not open, with what to do. The tunnel closes with the gateway; tunnel.autoStart opens it again at its next start.'
  static override examples = [
    '<%= config.bin %> tunnel start',
    '<%= config.bin %> tunnel start --accept-risk --for 2h',
    '<%= config.bin %> tunnel start --broker http://127.0.0.1:7100/api',
    '<%= config.bin %> tunnel start --replace',
  ]
  static override flags = {
    'accept-risk': Flags.boolean({ summary: 'Agree to what it opens, for scripts. Without it you are asked once.' }),
    for: Flags.string({ helpValue: '<time>', summary: 'Only for a time, such as 30m or 2h: nothing is saved, and it closes by itself.' }),
    replace: Flags.boolean({ summary: 'Where Tailscale Serve or Funnel is on, close it first.' }),
    broker: Flags.string({ helpValue: '<url>', summary: 'The broker to use from now on, instead of tunnel.brokerUrl.' }),
    wait: Flags.boolean({ summary: 'Where it waits or fails, wait until it is open.' }),
    'dry-run': Flags.boolean({ summary: 'Show what would be done, and do nothing.' }),
  }
  protected override readonly ownsSignals = true

  async run(): Promise<TunnelStatus | Plan> {
    const { flags } = await this.parse(TunnelStart)
    const { kind, xopc } = await this.connection()
    const where = { ...(flags.broker !== undefined && { broker: flags.broker }), ...(flags.replace && { replace: true }) }
    if (flags['dry-run']) {
      const plan = await xopc.plan('tunnel', where)
      this.out(...renderPlan(plan))
      if (plan.refusal !== undefined) process.exitCode = 1
      return plan
    }
    const { interactive, live, columns, textColumns } = this.terminal
    const signal = endSignal()
    const state = await openMethod(xopc, {
      id: 'tunnel',
      agreement: tunnelConsent,
      options: { ...where, ...(flags.for !== undefined && { for: flags.for }) },
      acceptRisk: flags['accept-risk'],
      wait: flags.wait,
      running: kind === 'client',
      interactive: interactive && !this.jsonEnabled(),
      live: live && !this.jsonEnabled(),
      columns,
      signal,
      longestMs: LONGEST_MS,
      onState: createStepTicks((line) => this.note(live ? `\r\u001b[2K${line}` : line)),
    })
    const status = await xopc.tunnelStatus()
    this.out(...renderTunnelOn(state, status, { textColumns, now: Date.now() }))
    if (state.phase !== 'on') process.exitCode = signal.aborted ? INTERRUPTED : 1
    return status
  }
}
