import { GatewayCommand } from './base-command.ts'
import { jsonText } from './render/json.ts'
import { renderPairing, renderPairingEnd, secondsLeft } from './render/pairing.ts'
import type { PairingWatch } from './watch-pairing.ts'
import type { PairOptions, Xopc } from '../lib/core/xopc.ts'
import type { PairingCode } from '../lib/protocol/pairing-api.ts'

/** A code ends by itself then, in seconds. */
export const LONGEST_S = 300
/** What a shell expects of a command that Ctrl-C ended. */
const INTERRUPTED = 130

/** How a code is shown and waited for. */
interface Joining {
  /** Of a code that waits already. */
  code?: string | undefined
  /** Seconds; 0 waits for nothing. */
  timeout?: number | undefined
}

/** What commands share that show a pairing code and wait for who joins by it. */
export abstract class PairingCommand extends GatewayCommand {
  protected override readonly ownsSignals = true

  /** One line each: the code, and its end. */
  override logJson(json: unknown): void {
    process.stdout.write(`${jsonText(json, 0)}\n`)
  }

  /** Shows a code and waits until somebody joined or it ended; exits with 1 where nobody did. Throws what minting throws. */
  protected async join(xopc: Xopc, options: PairOptions, { code: id, timeout }: Joining): Promise<PairingCode> {
    const { endSignal } = await import('./until-ended.ts')
    // From before there is a code: no Ctrl-C leaves an unused one behind.
    const signal = timeout === 0 ? null : endSignal()
    const minted = id === undefined ? xopc.pair(options) : xopc.pairing(id)
    const [code, { fingerprint }] = await Promise.all([minted, xopc.status()])
    if (code.state !== 'waiting') return this.over(code)
    // Whoever waits for the end by a program needs the link before it.
    if (signal !== null && this.jsonEnabled()) this.logJson(code)
    this.out(...renderPairing(code, { browser: options.browser === true, fingerprint, rows: process.stdout.rows, ...this.terminal }))
    return signal === null ? code : await this.wait(xopc, code, { signal, limitMs: (timeout ?? LONGEST_S) * 1000 })
  }

  /** A code that was asked for by its id, and can let nobody in any more. */
  private over(code: PairingCode): PairingCode {
    this.out(...renderPairingEnd(code, 0))
    process.exitCode = 1
    return code
  }

  private async wait(xopc: Xopc, code: PairingCode, watch: PairingWatch): Promise<PairingCode> {
    const { watchPairing } = await import('./watch-pairing.ts')
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
    const { countDown } = await import('./count-down.ts')
    return countDown((text) => void process.stdout.write(text), line)
  }
}
