import { Args, GatewayCommand, Flags } from '../../cli/base-command.ts'
import type { Screen } from '../../cli/watch-stages.ts'
import type { TestOptions, Xopc } from '../../lib/core/xopc.ts'
import type { Verdict } from '../../lib/protocol/http-api.ts'

/** One staged test, of the address that was meant. */
type Test = (options: TestOptions) => Promise<Verdict>

/** `xopc proxy test` */
export default class ProxyTest extends GatewayCommand {
  static override summary = 'Test every hop to this gateway: what broke, who broke it, what to type. Exits with 1 unless all of it works.'
  static override description =
    'The gateway goes to the address as a device would: names, connection, certificate, who answers, sign-in, event streams, WebSockets and headers. Without an address it tests gateway.publicUrl. It looks from this computer, which does not show whether the address works over cellular.'
  static override examples = [
    '<%= config.bin %> proxy test https://gateway.example.com',
    '<%= config.bin %> proxy test --wait',
    '<%= config.bin %> proxy test --idle 65',
    '<%= config.bin %> proxy test --json',
  ]
  static override args = { url: Args.string({ description: 'The address to test, instead of gateway.publicUrl.' }) }
  static override flags = {
    wait: Flags.boolean({ summary: 'Repeat the test until it passes, for at most 3 minutes.' }),
    idle: Flags.integer({
      min: 1,
      max: 600,
      helpValue: '<seconds>',
      summary: 'Leave an event stream silent for this long besides, to find a proxy that cuts it; 65 is more than most proxies wait.',
    }),
  }

  async run(): Promise<Verdict> {
    const { args, flags } = await this.parse(ProxyTest)
    const xopc = await this.xopc()
    const { methods } = await xopc.overview()
    const isSet = methods.some(({ id, intended }) => id === 'proxy' && intended)
    // The address of another way in is no proxy of the person's own.
    const isOther = methods.some(({ id, state }) => id !== 'proxy' && 'urls' in state && state.urls.includes(originOf(args.url)))
    const test = args.url === undefined ? await testOfSaved(xopc, isSet) : testOf(xopc, args.url)
    if (flags.idle !== undefined) this.note(`An event stream is left silent for ${flags.idle} s, so this takes that long.`)
    const { watchTest } = await import('../../cli/watch-test.ts')
    const verdict = await watchTest(test, { ...flags, offersToKeep: !isSet && !isOther, screen: this.jsonEnabled() ? null : this.screen() })
    if (!verdict.ok) process.exitCode = 1
    return verdict
  }

  private screen(): Screen {
    return {
      terminal: this.terminal,
      rows: process.stdout.rows,
      write: (text) => void process.stdout.write(text),
      note: (line) => this.note(line),
    }
  }
}

function originOf(text = ''): string {
  return URL.canParse(text) ? new URL(text).origin : ''
}

function testOf(xopc: Xopc, url: string): Test {
  return (options) => xopc.testUrl(url, options)
}

async function testOfSaved(xopc: Xopc, isSet: boolean): Promise<Test> {
  if (isSet) return (options) => xopc.test('proxy', options)
  const { proxyErrors } = await import('../../lib/access/proxy/errors.ts')
  throw proxyErrors.PROXY_URL_MISSING()
}
