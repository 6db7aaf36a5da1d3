import { GatewayCommand, Flags } from '../../cli/base-command.ts'
import { renderLan } from '../../cli/render/lan.ts'
import type { MethodView } from '../../lib/protocol/http-api.ts'

/** `xopc lan status` */
export default class LanStatus extends GatewayCommand {
  static override summary = 'Whether devices on the same network can come, and where.'
  static override examples = ['<%= config.bin %> lan status --json']
  static override flags = { check: Flags.boolean({ summary: 'Exit with 1 unless it is on, where it is intended.' }) }

  async run(): Promise<MethodView | undefined> {
    const { flags } = await this.parse(LanStatus)
    const { running, methods } = await (await this.xopc()).overview()
    const lan = methods.find(({ id }) => id === 'lan')
    if (lan === undefined) return undefined
    this.out(...renderLan(lan, { running, columns: this.terminal.columns, now: Date.now() }))
    if (flags.check && lan.intended && lan.state.phase !== 'on') process.exitCode = 1
    return lan
  }
}
