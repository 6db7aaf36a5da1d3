import { Flags } from '../../cli/base-command.ts'
import { openingFlags, TailscaleOnCommand } from '../../cli/tailscale-command.ts'
import type { Plan } from '../../lib/access/access-method.ts'
import type { AccessState } from '../../lib/protocol/http-api.ts'

/** `xopc tailscale funnel` */
export default class TailscaleFunnel extends TailscaleOnCommand {
  static override summary = 'Open the gateway to the whole internet by Tailscale Funnel. Needs a password, and your agreement.'
  static override description =
    'Anyone on the internet can reach the sign-in page then. Needs gateway.auth.mode=password. You are asked once whether that is meant; --accept-risk says so without a question. For your own devices, xopc tailscale serve is enough.'
  static override examples = [
    '<%= config.bin %> tailscale funnel --for 2h',
    '<%= config.bin %> tailscale funnel --accept-risk',
    '<%= config.bin %> tailscale funnel --dry-run',
  ]
  static override flags = {
    ...openingFlags,
    'accept-risk': Flags.boolean({ summary: 'Agree to what Funnel opens, without being asked.' }),
  }

  async run(): Promise<AccessState | Plan> {
    const { flags } = await this.parse(TailscaleFunnel)
    return await this.publish('funnel', flags)
  }
}
