import { Flags } from '../../cli/base-command.ts'
import { cliErrors } from '../../cli/errors.ts'
import { LONGEST_S, PairingCommand } from '../../cli/pairing-command.ts'
import type { PairingCode } from '../../lib/protocol/pairing-api.ts'

/** `xopc tunnel qr` */
export default class TunnelQr extends PairingCommand {
  static override summary = 'Let a phone or a browser join by the public address, by a QR code that works once.'
  static override description = 'The same as `xopc pair`, for the address of the public tunnel whatever else is open.'
  static override examples = ['<%= config.bin %> tunnel qr', '<%= config.bin %> tunnel qr --browser']
  static override flags = {
    browser: Flags.boolean({ summary: 'A link that any browser opens, instead of one for the app.' }),
    name: Flags.string({ helpValue: '<name>', summary: 'Name of the device, whatever it calls itself.' }),
    timeout: Flags.integer({
      min: 0,
      max: LONGEST_S,
      helpValue: '<seconds>',
      summary: 'Wait no longer than this; then the code is taken back. With 0 the code is shown and stays good, and nothing is waited for.',
    }),
  }

  async run(): Promise<PairingCode> {
    const { flags } = await this.parse(TunnelQr)
    const { browser, name, timeout } = flags
    const xopc = await this.xopc()
    const { publicUrl } = await xopc.tunnelStatus()
    if (publicUrl === null) throw cliErrors.TUNNEL_CLOSED()
    const options = { baseUrl: publicUrl, ...(browser && { browser }), ...(name !== undefined && { name }) }
    return await this.join(xopc, options, { timeout })
  }
}
