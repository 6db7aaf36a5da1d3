import { BaseCommand, Flags } from '../../cli/base-command.ts'
import type { Overrides } from '../../lib/config/environment.ts'

/** The flags that the gateway itself is told. */
interface Chosen {
  port: number | undefined
  bind: string | undefined
  token: string | undefined
  upstream: string | undefined
  tailscale: string | undefined
  'tailscale-reset-on-exit': boolean | undefined
  'no-hot-reload': boolean
}

/** `xopc gateway`, also `xopc gateway start` */
export default class Gateway extends BaseCommand {
  static override summary = 'Run the gateway: the front door of your app.'
  static override description =
    'Runs in the foreground until Ctrl-C, or with --background until `xopc gateway stop`. Flags win over the configuration file and the environment.'
  static override aliases = ['gateway:start']
  static override examples = [
    '<%= config.bin %> gateway --upstream http://127.0.0.1:3000',
    '<%= config.bin %> gateway --port 8080 --background',
  ]
  static override flags = {
    port: Flags.integer({
      min: 0,
      max: 65_535,
      helpValue: '<port>',
      summary: 'Port to listen on; 18790 if nothing else is configured, 0 for any free one.',
    }),
    bind: Flags.string({ helpValue: '<loopback|lan|address>', summary: 'Where to listen besides loopback.' }),
    token: Flags.string({
      helpValue: '<token>',
      summary: 'Owner token for this run. Other users of this computer can see it: better XOPC_GATEWAY_TOKEN.',
    }),
    upstream: Flags.string({ helpValue: '<url>', summary: 'The app behind the gateway.' }),
    tailscale: Flags.string({ options: ['off', 'serve', 'funnel'], summary: 'Tailscale for this run, whatever is configured.' }),
    'tailscale-reset-on-exit': Flags.boolean({
      allowNo: true,
      summary: 'Take our Tailscale entry out at the end (the default), or leave it there.',
    }),
    'no-hot-reload': Flags.boolean({ summary: 'Do not follow changes of the configuration file.' }),
    force: Flags.boolean({ summary: 'End the xopc gateway that runs on this state folder first. Other programs are never ended.' }),
    background: Flags.boolean({ summary: 'Start it as a process that stays, and come back when it answers.' }),
  }

  protected override readonly ownsSignals = true

  async run(): Promise<{ pid: number; url: string } | undefined> {
    const { flags } = await this.parse(Gateway)
    await this.requireHere()
    if (flags.token !== undefined)
      this.note('A token on the command line can be read by other users of this computer. Better: XOPC_GATEWAY_TOKEN.')
    if (flags.force) await this.makeRoom(flags)
    return flags.background ? this.background(flags.token) : this.foreground(flags)
  }

  /** In remote mode a second gateway here would be one that no command finds. */
  private async requireHere(): Promise<void> {
    const { requireLocal } = await import('../../cli/require-local.ts')
    const next = 'To run one here, let commands act on this computer again: xopc remote off'
    // Only what is saved counts: an address of the environment says nothing about what this computer is.
    await requireLocal({ env: { ...process.env, XOPC_GATEWAY_URL: '' }, configPath: this.configPath() }, { command: 'xopc gateway', next })
  }

  /** `--force`. A file that the new gateway could not start with is no reason to end the old one. */
  private async makeRoom(flags: Chosen): Promise<void> {
    const [{ inspectConfig, usable }, { endRunningGateway }] = await Promise.all([
      import('../../lib/config/load.ts'),
      import('../../cli/end-running-gateway.ts'),
    ])
    usable(await inspectConfig({ env: process.env, path: this.configPath(), overrides: overridesIn(flags) }))
    await endRunningGateway(process.env)
  }

  private async foreground(flags: Chosen): Promise<undefined> {
    const { runGateway } = await import('../../cli/run-gateway.ts')
    const given = { overrides: overridesIn(flags), hotReload: !flags['no-hot-reload'] }
    const out = { line: (text: string) => this.out(text) }
    process.exitCode = await runGateway({ ...given, env: process.env, version: this.config.version, configPath: this.configPath(), out })
  }

  private async background(token: string | undefined): Promise<{ pid: number; url: string }> {
    const { startInBackground } = await import('../../cli/start-in-background.ts')
    // Arguments of a process that stays can be read by everybody for as long; its environment only by its user.
    const env = token === undefined ? process.env : { ...process.env, XOPC_GATEWAY_TOKEN: token }
    const args = [...process.execArgv, process.argv[1] ?? '', ...stayingWords(process.argv.slice(2))]
    const { pid, url } = await startInBackground({ env, program: process.execPath, args })
    this.out(`The gateway runs in the background on ${url} (process ${pid}).`, '', 'Next: xopc gateway status')
    return { pid, url }
  }
}

/** What wins over file and environment. */
function overridesIn({ port, bind, token, upstream, tailscale, 'tailscale-reset-on-exit': reset }: Chosen): Overrides {
  return { port, bind, token, upstream, tailscale, 'tailscale-reset-on-exit': reset }
}

/** The words without those that only starting takes, and without the token. */
function stayingWords(words: readonly string[]): string[] {
  const once = ['--background', '--force', '--json']
  return words.filter((word, index) => {
    if (once.includes(word) || word === '--token' || word.startsWith('--token=')) return false
    return words[index - 1] !== '--token'
  })
}
