import { Command } from '@oclif/core/command'
import * as Flags from '@oclif/core/flags'
import * as Args from '@oclif/core/args'
import type { Xopc } from '../lib/core/xopc.ts'
import type { Connection } from './connection.ts'
import { jsonText } from './render/json.ts'
import { createTerminal } from './terminal.ts'

export { Args, Flags }

/** The flags that every command has besides `--json` and `--help`. */
const commonFlags = {
  config: Flags.string({
    helpGroup: 'GLOBAL',
    helpValue: '<file>',
    summary: 'Configuration file, instead of XOPC_CONFIG or xopc.json in the state folder.',
  }),
}

/**
 * What commands share: `--json` and `--config`, the gateway (`this.xopc()`), and output. A command parses, makes one call and returns what
 * `--json` prints; errors are thrown and rendered once, in `main.ts`.
 */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true
  static override baseFlags = commonFlags

  /** True for a command that ends in its own way on Ctrl-C. */
  protected readonly ownsSignals: boolean = false
  protected readonly terminal = createTerminal(process, process.env)
  #connection: Promise<Connection> | undefined

  /** Runs the command with the words it was made with; prints what it returns where `--json` asks for that. Throws what it throws. */
  execute(): Promise<unknown> {
    return this._run()
  }

  /** The running gateway, or the same over its files. Throws what opening state and configuration throws. */
  protected async xopc(): Promise<Xopc> {
    return (await this.connection()).xopc
  }

  /** The same, with whether a gateway runs. */
  protected connection(): Promise<Connection> {
    this.#connection ??= this.open()
    return this.#connection
  }

  private async open(): Promise<Connection> {
    const { openConnection } = await import('./connection.ts')
    return openConnection({ env: process.env, configPath: this.configPath() })
  }

  /** The value of `--config`, if given. */
  protected configPath(): string | undefined {
    return configFlag(this.argv)
  }

  /** Prints what was asked for; nothing with `--json`. */
  protected out(...lines: string[]): void {
    if (!this.jsonEnabled()) for (const line of lines) process.stdout.write(`${line}\n`)
  }

  /** Prints what is said besides, to stderr; nothing with `--json`. */
  protected note(...lines: string[]): void {
    if (!this.jsonEnabled()) for (const line of lines) process.stderr.write(`${line}\n`)
  }

  override logJson(json: unknown): void {
    process.stdout.write(`${jsonText(json)}\n`)
  }

  override async init(): Promise<void> {
    if (!this.ownsSignals) process.once('SIGINT', () => process.exit(130))
  }

  /** Errors are rendered in one place, `main.ts`. */
  override async catch(error: Error): Promise<never> {
    throw error
  }

  override async finally(): Promise<void> {
    // A connection that could not be opened has nothing to close, and its error was thrown where the command asked for it.
    await this.#connection?.then(
      async (connection) => await connection.close(),
      () => undefined,
    )
  }
}

/** The commands differ in their flags, so the common one is read from the words themselves; `parse` has judged them by then. */
function configFlag(argv: readonly string[]): string | undefined {
  const end = argv.indexOf('--')
  const own = end === -1 ? argv : argv.slice(0, end)
  const at = own.findLastIndex((word) => word === '--config' || word.startsWith('--config='))
  if (at === -1) return undefined
  return own[at] === '--config' ? own[at + 1] : own[at]?.slice('--config='.length)
}
