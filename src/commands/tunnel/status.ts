import { Flags, GatewayCommand } from '../../cli/base-command.ts'
import { renderTunnel } from '../../cli/render/tunnel.ts'
import type { TunnelStatus as Status } from '../../lib/protocol/tunnel-api.ts'

/** `xopc tunnel status` */
export default class TunnelStatus extends GatewayCommand {
  static override summary = 'Whether the public tunnel is open, at which address, and what it needs.'
  static override examples = ['<%= config.bin %> tunnel status', '<%= config.bin %> tunnel status --json']
  static override flags = { check: Flags.boolean({ summary: 'Exit with 1 unless it is open, where it is intended.' }) }

  async run(): Promise<Status> {
    const { flags } = await this.parse(TunnelStatus)
    const { kind, xopc } = await this.connection()
    const [status, { methods }] = await Promise.all([xopc.tunnelStatus(), xopc.overview()])
    const view = methods.find(({ id }) => id === 'tunnel')
    const show = { running: kind === 'client', textColumns: this.terminal.textColumns, now: Date.now() }
    this.out(...renderTunnel(status, view?.state ?? { phase: 'off' }, show))
    if (flags.check && view?.intended === true && view.state.phase !== 'on') process.exitCode = 1
    return status
  }
}
