import { Args, GatewayCommand } from '../../cli/base-command.ts'
import { renderRenamed } from '../../cli/render/devices.ts'
import type { Device } from '../../lib/protocol/pairing-api.ts'

/** `xopc devices rename` */
export default class DevicesRename extends GatewayCommand {
  static override summary = 'Give a device another name.'
  static override examples = ['<%= config.bin %> devices rename 3f2a "Anna’s phone"']
  static override args = {
    id: Args.string({ required: true, description: 'Its id, the beginning of it, or its name as it is now.' }),
    name: Args.string({ required: true, description: 'The new name, 1 to 64 characters.' }),
  }

  async run(): Promise<Device> {
    const { args } = await this.parse(DevicesRename)
    const [xopc, { meantDevice }] = await Promise.all([this.xopc(), import('../../cli/meant-device.ts')])
    const before = await meantDevice(xopc, args.id)
    const device = await xopc.renameDevice(before.id, args.name)
    this.out(...renderRenamed(before.name, device))
    return device
  }
}
