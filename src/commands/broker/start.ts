import { Flags } from '../../cli/base-command.ts'
import { BrokerCommand } from '../../cli/broker-command.ts'
import { renderBrokerStarted } from '../../cli/render/broker.ts'

/** `xopc broker start` */
export default class BrokerStart extends BrokerCommand {
  static override summary = 'Run a broker: the other end of public tunnels. Ends with Ctrl-C.'
  static override description =
    'With --dev everything is on loopback, with nothing to set up: the API, a real frps beside it, and the secret that every gateway tries there. Without it the set of `xopc broker init` is run. frps is found by XOPC_FRPS_PATH, then PATH, and has to be 0.68.1 or newer. With --json it says where it is at once, and goes on.'
  static override examples = ['<%= config.bin %> broker start --dev', '<%= config.bin %> broker start --dir /etc/xopc-broker']
  static override flags = {
    dev: Flags.boolean({ summary: 'Everything on loopback, for trying. Names survive a restart.' }),
    dir: Flags.string({ helpValue: '<folder>', summary: 'The folder of the set, instead of `broker` (`broker-dev`) in the state folder.' }),
    port: Flags.integer({
      min: 0,
      max: 65_535,
      dependsOn: ['dev'],
      helpValue: '<port>',
      summary: 'Of the API, with --dev, instead of 7100. 0: a free one.',
    }),
  }
  protected override readonly ownsSignals = true

  async run(): Promise<void> {
    const { flags } = await this.parse(BrokerStart)
    const { runBroker } = await import('../../cli/run-broker.ts')
    const { dev, port = 7100 } = flags
    const folder = await this.folder(flags)
    await runBroker({
      folder,
      dev,
      port,
      env: process.env,
      ready: ({ brokerUrl, publicUrlPattern }) => {
        // In one line: whoever waits for it reads a line.
        if (this.jsonEnabled()) return void process.stdout.write(`${JSON.stringify({ brokerUrl, publicUrlPattern })}\n`)
        this.out(...renderBrokerStarted({ brokerUrl, publicUrlPattern, dev }))
      },
    })
  }
}
