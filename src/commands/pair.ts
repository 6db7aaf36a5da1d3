import { Flags } from '../cli/base-command.ts'
import { LONGEST_S, PairingCommand } from '../cli/pairing-command.ts'
import type { PairOptions } from '../lib/core/xopc.ts'
import type { PairingCode } from '../lib/protocol/pairing-api.ts'

/** `xopc pair` */
export default class Pair extends PairingCommand {
  static override summary = 'Let a phone or a browser join, by a QR code that works once. Waits, and says who joined.'
  static override description =
    'The code is good for 5 minutes and holds no token: the device gets one of its own, which `xopc devices revoke` ends. It may use the gateway, and change nothing of it unless --admin says so. Ctrl-C takes an unused code back. Exits with 1 where nobody joined. With --json the code comes at once, on a line of its own, and how it ended on another.'
  static override examples = [
    '<%= config.bin %> pair',
    '<%= config.bin %> pair --browser --name "Kitchen tablet"',
    '<%= config.bin %> pair --timeout 0 --json',
  ]
  static override flags = {
    browser: Flags.boolean({ summary: 'A link that any browser opens, instead of one for the app.' }),
    admin: Flags.boolean({ summary: 'The device may change settings and pair others, too. Not for browsers: they use xopc ui.' }),
    name: Flags.string({ helpValue: '<name>', summary: 'Name of the device, whatever it calls itself.' }),
    code: Flags.string({
      helpValue: '<id>',
      exclusive: ['admin', 'name'],
      summary: 'Show a code that waits already, for example one that an assistant made, instead of a new one.',
    }),
    timeout: Flags.integer({
      min: 0,
      max: LONGEST_S,
      helpValue: '<seconds>',
      summary: 'Wait no longer than this; then the code is taken back. With 0 the code is shown and stays good, and nothing is waited for.',
    }),
  }

  async run(): Promise<PairingCode> {
    const { flags } = await this.parse(Pair)
    const { browser, admin, name, code, timeout } = flags
    const options: PairOptions = { ...(browser && { browser }), ...(admin && { admin }), ...(name !== undefined && { name }) }
    return await this.join(await this.xopc(), options, { code, timeout })
  }
}
