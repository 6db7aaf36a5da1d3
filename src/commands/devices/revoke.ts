import { Args, GatewayCommand, Flags } from '../../cli/base-command.ts'
import { renderRevoked } from '../../cli/render/devices.ts'

/** `xopc devices revoke` */
export default class DevicesRevoke extends GatewayCommand {
  static override summary = 'Throw a device out, or all of them: at once, with everything it has open. To come back it has to join anew.'
  static override examples = ['<%= config.bin %> devices revoke 3f2a', '<%= config.bin %> devices revoke --all']
  static override args = { id: Args.string({ description: 'Its id, the beginning of it, or its name.' }) }
  static override flags = { all: Flags.boolean({ summary: 'Every device.' }) }

  async run(): Promise<{ revoked: number }> {
    const { args, flags } = await this.parse(DevicesRevoke)
    const { kind, xopc } = await this.connection()
    const names = flags.all && args.id === undefined ? (await xopc.devices()).map(({ name }) => name) : null
    if (names !== null) {
      const revoked = await xopc.revokeDevices()
      this.out(...renderRevoked(names, kind === 'client'))
      return { revoked }
    }
    const { meantDevice, requireOne } = await import('../../cli/meant-device.ts')
    const device = await meantDevice(xopc, requireOne(args.id, flags.all))
    await xopc.revokeDevice(device.id)
    this.out(...renderRevoked([device.name], kind === 'client'))
    return { revoked: 1 }
  }
}
