import { BaseCommand } from '../../cli/base-command.ts'
import { askWhatGatewayTook, describeTaken } from '../../cli/gateway-took.ts'
import type { ConfigChange } from '../../lib/protocol/http-api.ts'

/** Takes settings out of the file on this computer, so that the defaults count. */
export default class ConfigUnset extends BaseCommand {
  static override summary = 'Take settings out of the file on this computer, so that the defaults count.'
  static override usage = 'config unset <key>… [--json]'
  static override examples = ['<%= config.bin %> config unset gateway.publicUrl']
  static override strict = false

  async run(): Promise<ConfigChange> {
    const keys = (await this.parse(ConfigUnset)).argv.map(String)
    const [{ editConfig }, { viewOf }, { removals }] = await Promise.all([
      import('../../lib/config/edit.ts'),
      import('../../lib/config/view.ts'),
      import('../../lib/config/assignments.ts'),
    ])
    const view = viewOf(await editConfig({ env: process.env, path: this.configPath(), edits: removals(keys) }))
    const reload = await askWhatGatewayTook(process.env, view.path)
    this.out(`Took ${keys.join(', ')} out of ${view.path}.`, ...describeTaken(keys, reload))
    return { ...view, reload }
  }
}
