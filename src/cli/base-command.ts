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

/** The flags of commands that act on a gateway. */
const gatewayFlags = {
  ...commonFlags,
  url: Flags.string({
    helpGroup: 'GLOBAL',
    helpValue: '<url>',
    summary: 'Act on the gateway at this address (https://… or ssh://user@host), instead of XOPC_GATEWAY_URL or gateway.remote.',
  }),
  pin: Flags.boolean({ helpGroup: 'GLOBAL', summary: 'Accept the key of a gateway that is met for the first time over plain http.' }),
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
    const json = this.jsonEnabled()
    return openConnection({
      ...this.choice(),
      pin: wordsBefore(this.argv).includes('--pin'),
      json,
      interactive: this.terminal.interactive && !json,
    })
  }

  /** What says which gateway is meant. */
  protected choice(): { env: NodeJS.ProcessEnv; configPath: string | undefined; url: string | undefined } {
    return { env: process.env, configPath: this.configPath(), url: valueIn(this.argv, '--url') }
  }

  /** The value of `--config`, if given. */
  protected configPath(): string | undefined {
    return valueIn(this.argv, '--config')
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

/** A command that acts on a gateway: the one of this computer, or one elsewhere. */
export abstract class GatewayCommand extends BaseCommand {
  static override baseFlags = gatewayFlags
}

/** The commands differ in their flags, so the common ones are read from the words themselves; `parse` has judged them by then. */
function valueIn(argv: readonly string[], flag: string): string | undefined {
  const own = wordsBefore(argv)
  const at = own.findLastIndex((word) => word === flag || word.startsWith(`${flag}=`))
  if (at === -1) return undefined
  return own[at] === flag ? own[at + 1] : own[at]?.slice(flag.length + 1)
}

function wordsBefore(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--')
  return end === -1 ? argv : argv.slice(0, end)
}
