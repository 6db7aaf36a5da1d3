import { openingFlags, TailscaleOnCommand } from '../../cli/tailscale-command.ts'
import type { Plan } from '../../lib/access/access-method.ts'
import type { AccessState } from '../../lib/protocol/http-api.ts'

/** `xopc tailscale serve` */
export default class TailscaleServe extends TailscaleOnCommand {
  static override summary = 'Put the gateway on your tailnet, with https. Everyone still has to sign in.'
  static override description =
    'Owns the path / of one https port of this computer’s tailnet name, and touches nothing else that it serves. Exits with 1 where it is not on, with what to do; the gateway goes on by itself once that is done. The setting is gateway.tailscale.mode.'
  static override examples = [
    '<%= config.bin %> tailscale serve',
    '<%= config.bin %> tailscale serve --port 8443',
    '<%= config.bin %> tailscale serve --for 2h',
    '<%= config.bin %> tailscale serve --dry-run',
  ]
  static override flags = openingFlags

  async run(): Promise<AccessState | Plan> {
    const { flags } = await this.parse(TailscaleServe)
    return await this.publish('serve', flags)
  }
}
