import { GatewayCommand } from '../../cli/base-command.ts'
import { duration } from '../../cli/render/time.ts'
import { cleanText } from '../../lib/protocol/outside-text.ts'
import type { Health } from '../../lib/protocol/http-api.ts'

/** `xopc gateway health` */
export default class GatewayHealth extends GatewayCommand {
  static override summary = 'Whether the gateway answers. Exits with 1 when none runs.'
  static override examples = ['<%= config.bin %> gateway health']

  async run(): Promise<Health> {
    await this.parse(GatewayHealth)
    const health = await (await this.xopc()).health()
    this.out(
      `The gateway answers: version ${cleanText(health.version, 40)}, running for ${duration(health.uptime)}.`,
      '',
      'Next: xopc status',
    )
    return health
  }
}
