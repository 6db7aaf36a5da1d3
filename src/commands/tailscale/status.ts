import { Flags, GatewayCommand } from '../../cli/base-command.ts'
import { renderTailscale } from '../../cli/render/tailscale.ts'
import type { Xopc } from '../../lib/core/xopc.ts'
import type { Finding, MethodView } from '../../lib/protocol/http-api.ts'

/** `xopc tailscale status` */
export default class TailscaleStatus extends GatewayCommand {
  static override summary = 'Whether the gateway is on your tailnet or on Funnel, where, and what else this computer serves.'
  static override examples = ['<%= config.bin %> tailscale status', '<%= config.bin %> tailscale status --json']
  static override flags = { check: Flags.boolean({ summary: 'Exit with 1 unless it is on, where it is intended.' }) }

  async run(): Promise<(MethodView & { findings: Finding[] }) | undefined> {
    const { flags } = await this.parse(TailscaleStatus)
    const xopc = await this.xopc()
    const { running, methods } = await xopc.overview()
    const view = methods.find(({ id }) => id === 'tailscale')
    if (view === undefined) return undefined
    const findings = running ? await xopc.diagnose('tailscale') : await foreseen(xopc)
    this.out(...renderTailscale({ ...view, findings }, { running, textColumns: this.terminal.textColumns, now: Date.now() }))
    if (flags.check && view.intended && view.state.phase !== 'on') process.exitCode = 1
    return { ...view, findings }
  }
}

/** Without a gateway: what would stand in the way of one. */
async function foreseen(xopc: Xopc): Promise<Finding[]> {
  const { refusal } = await xopc.plan('tailscale')
  const title = 'Switching it on'
  if (refusal === undefined) return [{ code: 'TAILSCALE_READY', title, status: 'pass', detail: 'Nothing stands in the way.' }]
  const { code, message, hint = message } = refusal
  return [{ code, title, status: 'fail', detail: message, fix: { title: hint } }]
}
