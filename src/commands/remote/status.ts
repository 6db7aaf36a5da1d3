import { Flags, GatewayCommand } from '../../cli/base-command.ts'
import { type RemoteStatus as Status, renderRemote } from '../../cli/render/remote.ts'
import { XopcError } from '../../lib/errors/error.ts'

/** `xopc remote status` */
export default class RemoteStatus extends GatewayCommand {
  static override summary = 'Which gateway commands act on, and whether it is reached and proves its key.'
  static override examples = ['<%= config.bin %> remote status', '<%= config.bin %> remote status --check --json']
  static override flags = { check: Flags.boolean({ summary: 'Exit with 1 unless the gateway elsewhere is reached.' }) }

  async run(): Promise<Status> {
    const { flags } = await this.parse(RemoteStatus)
    const status = await this.look()
    this.out(...renderRemote(status))
    if (flags.check && status.mode === 'remote' && !status.reached) process.exitCode = 1
    return status
  }

  private async look(): Promise<Status> {
    const [{ chosenGateway }, { nameOf, typedName }, { knownGateway }, { openState }, { keyFingerprint }] = await Promise.all([
      import('../../cli/chosen-gateway.ts'),
      import('../../lib/remote/target.ts'),
      import('../../lib/state/known-gateways.ts'),
      import('../../lib/state/store.ts'),
      import('../../lib/system/key-fingerprint.ts'),
    ])
    const none = { from: null, url: null, transport: null, gatewayId: null, fingerprint: null, by: null, error: null }
    const chosen = await chosenGateway(this.choice())
    if (chosen === null) return { mode: 'local', ...none, reached: false }
    const { place, from } = chosen.target
    const known = await knownGateway(await openState(process.env), nameOf(place))
    const shown = { mode: 'remote' as const, from, url: typedName(place), transport: place.kind }
    try {
      const { remote, xopc } = await this.connection()
      await xopc.status()
      if (remote !== null) await (await import('../../cli/keep-addresses.ts')).keepAddresses(remote)
      const { gatewayId = null, fingerprint = null } = remote?.gateway ?? {}
      return { ...shown, gatewayId, fingerprint, reached: true, by: remote?.way.place ?? null, error: null }
    } catch (error) {
      if (!(error instanceof XopcError)) throw error
      const fingerprint = known === null ? null : keyFingerprint(known.publicKey)
      return { ...shown, gatewayId: known?.gatewayId ?? null, fingerprint, reached: false, by: null, error: error.info() }
    }
  }
}
