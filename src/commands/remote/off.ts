import { BaseCommand } from '../../cli/base-command.ts'
import { XopcError } from '../../lib/errors/error.ts'
import type { RemoteSettings } from '../../lib/remote/target.ts'

/** `xopc remote off` */
export default class RemoteOff extends BaseCommand {
  static override summary = 'Let commands act on this computer again. What was saved of the other gateway stays for the next time.'
  static override examples = ['<%= config.bin %> remote off']

  async run(): Promise<{ mode: 'local' }> {
    await this.parse(RemoteOff)
    const [{ savedRemote }, { editConfig }] = await Promise.all([import('../../cli/saved-remote.ts'), import('../../lib/config/edit.ts')])
    const file = { env: process.env, path: this.configPath() }
    const { mode, remote } = await savedRemote(file)
    if (mode === 'remote') await editConfig({ ...file, edits: { 'gateway.mode': 'local' } })
    this.out(mode === 'remote' ? 'Commands act on this computer again.' : 'Commands act on this computer already.', '', 'Next: xopc status')
    if (remote?.transport === 'ssh') await this.hangUp(remote)
    if (remote !== undefined) this.note('The other one is kept: xopc remote use. Forget it: xopc config unset gateway.remote')
    if (process.env['XOPC_GATEWAY_URL']) this.note('XOPC_GATEWAY_URL is still set in this terminal, and wins.')
    return { mode: 'local' }
  }

  /** Ends the connection that commands shared; what keeps ssh from that is no reason to stay in remote mode. */
  private async hangUp(remote: RemoteSettings): Promise<void> {
    const [{ configuredTarget }, { openSshLink }, { openState }] = await Promise.all([
      import('../../lib/remote/target.ts'),
      import('../../lib/remote/ssh-link.ts'),
      import('../../lib/state/store.ts'),
    ])
    try {
      const { place } = configuredTarget(remote)
      if (place.kind === 'ssh') await (await openSshLink({ place, env: process.env, state: await openState(process.env) })).end()
    } catch (error) {
      if (!(error instanceof XopcError)) throw error
      this.note(`A connection that is still open ends by itself within a minute: ${error.message}`)
    }
  }
}
