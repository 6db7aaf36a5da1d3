import { GatewayCommand } from '../../cli/base-command.ts'
import { renderStatus } from '../../cli/render/gateway-status.ts'
import type { Status } from '../../lib/protocol/http-api.ts'

/** `xopc gateway status` */
export default class GatewayStatus extends GatewayCommand {
  static override summary = 'The running gateway in numbers. Exits with 1 when none runs.'
  static override examples = ['<%= config.bin %> gateway status --json']

  async run(): Promise<Status> {
    await this.parse(GatewayStatus)
    const { xopc, remote } = await this.connection()
    const status = await xopc.status()
    this.out(...renderStatus(status, remote !== null))
    return status
  }
}
