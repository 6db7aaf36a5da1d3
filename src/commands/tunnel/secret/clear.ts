import { BaseCommand } from '../../../cli/base-command.ts'
import { saveRegistrationSecret } from '../../../cli/tunnel-secret.ts'
import type { ConfigReload } from '../../../lib/protocol/http-api.ts'

/** `xopc tunnel secret clear` */
export default class TunnelSecretClear extends BaseCommand {
  static override summary = 'Forget the registration secret that was saved here.'
  static override examples = ['<%= config.bin %> tunnel secret clear']

  async run(): Promise<{ path: string; reload: ConfigReload | null }> {
    await this.parse(TunnelSecretClear)
    const { path, lines, reload, origin } = await saveRegistrationSecret(null, { env: process.env, path: this.configPath() })
    this.out(`Removed tunnel.registrationSecret from ${path}.`, ...lines)
    if (origin !== null) this.note(`${origin} is set, and is still used.`)
    return { path, reload }
  }
}
