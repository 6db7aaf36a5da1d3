import { GatewayCommand, Flags } from '../cli/base-command.ts'

/** `xopc ui` */
export default class Ui extends GatewayCommand {
  static override summary = 'The settings page, in a browser on this computer, signed in. Ends with Ctrl-C.'
  static override description =
    'A small server of its own on 127.0.0.1 shows the page to one tab and passes what it asks to the gateway. The link works once and for 60 seconds; the tab’s key ends with this command. Works only while a gateway runs. With --json it says where it is at once, and goes on.'
  static override examples = ['<%= config.bin %> ui', '<%= config.bin %> ui --no-open', '<%= config.bin %> ui --port 18791']
  static override flags = {
    port: Flags.integer({ min: 0, max: 65_535, default: 0, helpValue: '<port>', summary: 'Port on 127.0.0.1, instead of a free one.' }),
    'no-open': Flags.boolean({ summary: 'Print the link instead of opening the browser.' }),
  }
  protected override readonly ownsSignals = true

  async run(): Promise<void> {
    const { flags } = await this.parse(Ui)
    const connection = await this.connection()
    if (connection.kind === 'offline') throw (await import('../lib/core/errors.ts')).coreErrors.GATEWAY_NOT_RUNNING()
    const { runUi } = await import('../cli/run-ui.ts')
    const asked = !flags['no-open']
    const ready = (url: string, link: string | null): void => this.say(url, link, asked)
    await runUi(connection, { port: flags.port, open: asked, env: process.env, ready })
  }

  private say(url: string, link: string | null, asked: boolean): void {
    if (this.jsonEnabled()) return this.logJson({ url, link })
    if (link !== null && asked) this.note('No browser could be opened. Open this link yourself:')
    this.out(link ?? `The settings page is open in your browser: ${url}`)
    this.note(
      link === null
        ? 'Nothing to see there? Type: xopc ui --no-open'
        : 'The link works once, within 60 seconds, in a browser on this computer.',
    )
    this.note('Ctrl-C ends it.')
  }
}
