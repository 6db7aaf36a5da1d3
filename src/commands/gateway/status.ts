import { GatewayCommand } from '../../cli/base-command.ts'
import { renderStatus } from '../../cli/render/gateway-status.ts'
import type { Status } from '../../lib/protocol/http-api.ts'

/** `xopc gateway status` */
export default class GatewayStatus extends GatewayCommand {
  static override summary = 'The running gateway in numbers. Exits with 1 when none runs.'
  static override examples = ['<%= config.bin %> gateway status --json']

  async run(): Promise<Status> {
    await this.parse(GatewayStatus)
    const status = await (await this.xopc()).status()
    this.out(...renderStatus(status))
    return status
  }
}
