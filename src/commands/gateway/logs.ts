import { GatewayCommand, Flags } from '../../cli/base-command.ts'
import { renderLogLine } from '../../cli/render/log-line.ts'
import type { LogLine } from '../../lib/protocol/http-api.ts'

/** `xopc gateway logs` */
export default class GatewayLogs extends GatewayCommand {
  static override summary = 'The gateway log, also when no gateway runs.'
  static override examples = ['<%= config.bin %> gateway logs --lines 20', '<%= config.bin %> gateway logs --follow --json']
  static override flags = {
    lines: Flags.integer({ min: 0, max: 10_000, default: 100, helpValue: '<n>', summary: 'How many lines from the end.' }),
    follow: Flags.boolean({ summary: 'Stay and show new lines; with --json one JSON object a line.' }),
  }

  async run(): Promise<LogLine[] | undefined> {
    const { flags } = await this.parse(GatewayLogs)
    const { xopc, state, remote } = await this.connection()
    const lines = await xopc.logs(flags.lines)
    if (flags.follow) return remote === null ? this.follow(lines, state.paths.gatewayLog) : this.followFar(lines)
    this.out(...lines.map(renderLogLine))
    if (lines.length === 0) this.note('The log is empty: no gateway has written to it yet.')
    return lines
  }

  private async followFar(lines: readonly LogLine[]): Promise<undefined> {
    const [{ followLogOf }, xopc] = await Promise.all([import('../../cli/follow-log.ts'), this.xopc()])
    await followLogOf(xopc, lines, this.jsonEnabled())
  }

  private async follow(lines: readonly LogLine[], path: string): Promise<undefined> {
    const { followLog } = await import('../../cli/follow-log.ts')
    await followLog(lines, path, this.jsonEnabled())
  }
}
