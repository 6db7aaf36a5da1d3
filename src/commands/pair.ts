import { GatewayCommand, Flags } from '../cli/base-command.ts'
import { jsonText } from '../cli/render/json.ts'
import { renderPairing, renderPairingEnd, secondsLeft } from '../cli/render/pairing.ts'
import type { PairOptions, Xopc } from '../lib/core/xopc.ts'
import type { PairingWatch } from '../cli/watch-pairing.ts'
import type { PairingCode } from '../lib/protocol/pairing-api.ts'

/** A code ends by itself then, in seconds. */
const LONGEST_S = 300
/** What a shell expects of a command that Ctrl-C ended. */
const INTERRUPTED = 130

/** `xopc pair` */
export default class Pair extends GatewayCommand {
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
  protected override readonly ownsSignals = true

  /** One line each: the code, and its end. */
  override logJson(json: unknown): void {
    process.stdout.write(`${jsonText(json, 0)}\n`)
  }

  async run(): Promise<PairingCode> {
    const { flags } = await this.parse(Pair)
    const { browser, admin, name, timeout } = flags
    const [xopc, { endSignal }] = await Promise.all([this.xopc(), import('../cli/until-ended.ts')])
    // From before there is a code: no Ctrl-C leaves an unused one behind.
    const signal = timeout === 0 ? null : endSignal()
    const options: PairOptions = { ...(browser && { browser }), ...(admin && { admin }), ...(name !== undefined && { name }) }
    const minted = flags.code === undefined ? xopc.pair(options) : xopc.pairing(flags.code)
    const [code, { fingerprint }] = await Promise.all([minted, xopc.status()])
    if (code.state !== 'waiting') return this.over(code)
    // Whoever waits for the end by a program needs the link before it.
    if (signal !== null && this.jsonEnabled()) this.logJson(code)
    this.out(...renderPairing(code, { browser, fingerprint, rows: process.stdout.rows, ...this.terminal }))
    return signal === null ? code : await this.wait(xopc, code, { signal, limitMs: (timeout ?? LONGEST_S) * 1000 })
  }

  /** A code that was asked for by its id, and can let nobody in any more. */
  private over(code: PairingCode): PairingCode {
    this.out(...renderPairingEnd(code, 0))
    process.exitCode = 1
    return code
  }

  private async wait(xopc: Xopc, code: PairingCode, watch: PairingWatch): Promise<PairingCode> {
    const { watchPairing } = await import('../cli/watch-pairing.ts')
    const begin = Date.now()
    const until = Math.min(begin + watch.limitMs, Date.parse(code.expiresAt))
    const settle = await this.count(() => secondsLeft(until - Date.now()).slice(0, this.terminal.columns - 1))
    const end = await watchPairing(xopc, code, watch).finally(settle)
    this.out(...renderPairingEnd(end, Date.now() - begin))
    if (end.state !== 'used') process.exitCode = watch.signal.aborted ? INTERRUPTED : 1
    return end
  }

  /** Seconds that count down, where there is a terminal; a sentence otherwise. */
  private async count(line: () => string): Promise<() => void> {
    if (this.jsonEnabled()) return () => {}
    if (!this.terminal.live) {
      this.note(line())
      return () => {}
    }
    const { countDown } = await import('../cli/count-down.ts')
    return countDown((text) => void process.stdout.write(text), line)
  }
}
