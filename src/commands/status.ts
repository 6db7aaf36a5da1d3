import { GatewayCommand, Flags } from '../cli/base-command.ts'
import { isAsIntended, renderOverview } from '../cli/render/overview.ts'
import type { Overview } from '../lib/protocol/http-api.ts'

/** `xopc status` */
export default class Status extends GatewayCommand {
  static override summary = 'Every way in: who can come, since when, and what to do next.'
  static override description = 'With --check the exit code is 1 unless the gateway runs and everything that is intended is on.'
  static override examples = ['<%= config.bin %> status', '<%= config.bin %> status --watch', '<%= config.bin %> status --check --json']
  static override flags = {
    watch: Flags.boolean({ summary: 'Stay and show every change; with --json one line for each.' }),
    check: Flags.boolean({ summary: 'Exit with 1 unless everything intended is on.' }),
  }

  async run(): Promise<Overview | undefined> {
    const { flags } = await this.parse(Status)
    const { xopc, remote } = await this.connection()
    if (flags.watch) {
      const { watchOverview } = await import('../cli/watch-overview.ts')
      await watchOverview(xopc, { terminal: this.terminal, json: this.jsonEnabled(), place: remote?.way.place ?? null })
      return undefined
    }
    const overview = await xopc.overview()
    this.out(...renderOverview(overview, { ...this.terminal, now: Date.now() }))
    if (flags.check && !isAsIntended(overview)) process.exitCode = 1
    return overview
  }
}
