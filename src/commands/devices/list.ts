import { GatewayCommand } from '../../cli/base-command.ts'
import { renderDevices } from '../../cli/render/devices.ts'
import type { Device } from '../../lib/protocol/pairing-api.ts'

/** `xopc devices list` */
export default class DevicesList extends GatewayCommand {
  static override summary = 'Every phone, browser and program that joined: what it may do, when and from where it was seen last.'
  static override examples = ['<%= config.bin %> devices list', '<%= config.bin %> devices list --json']

  async run(): Promise<Device[]> {
    await this.parse(DevicesList)
    const { kind, xopc } = await this.connection()
    const devices = await xopc.devices()
    this.out(...renderDevices(devices, { running: kind === 'client', columns: this.terminal.columns, now: Date.now() }))
    return devices
  }
}
