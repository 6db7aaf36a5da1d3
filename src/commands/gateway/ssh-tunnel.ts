import { BaseCommand, Flags } from '../../cli/base-command.ts'

const PORT = 18_790

/** `xopc gateway ssh-tunnel`, also `xopc ssh-tunnel` */
export default class GatewaySshTunnel extends BaseCommand {
  static override summary = 'Reach a gateway on another computer through ssh, at a port of this one. Ends with Ctrl-C.'
  static override description =
    'Uses the ssh of this computer with its configuration, agent and known hosts. It is ready once the far gateway has proven its key, comes back by itself after a lost network or sleep, and leaves no ssh behind. Nothing is opened on either side but the port here, on 127.0.0.1.'
  static override aliases = ['ssh-tunnel']
  static override examples = [
    '<%= config.bin %> gateway ssh-tunnel --target user@host',
    '<%= config.bin %> gateway ssh-tunnel --target user@host:2222 --local-port 18791 --identity ~/.ssh/id_home',
    '<%= config.bin %> gateway ssh-tunnel --target user@host --print',
  ]
  static override flags = {
    target: Flags.string({
      required: true,
      helpValue: '<user@host>',
      summary: 'Where to: user@host, host:port, or a name of your ssh configuration.',
    }),
    'local-port': Flags.integer({
      min: 1,
      max: 65_535,
      helpValue: '<port>',
      summary: 'Port here; without it the same as there, or a free one.',
    }),
    'remote-port': Flags.integer({ min: 1, max: 65_535, default: PORT, helpValue: '<port>', summary: 'Port of the gateway there.' }),
    identity: Flags.string({ helpValue: '<file>', summary: 'A private key, besides those of your agent and configuration.' }),
    jump: Flags.string({ helpValue: '<user@host,…>', summary: 'Hosts to go over, in order.' }),
    print: Flags.boolean({ summary: 'Print the plain ssh line for it, and do nothing.' }),
  }

  protected override readonly ownsSignals = true

  async run(): Promise<{ command: string } | undefined> {
    const { flags } = await this.parse(GatewaySshTunnel)
    const { readSshTarget } = await import('../../lib/binaries/ssh-target.ts')
    const way = {
      target: readSshTarget(flags.target),
      jump: flags.jump === undefined ? [] : flags.jump.split(',').map(readSshTarget),
      identity: flags.identity ?? null,
    }
    const [localPort, remotePort] = [flags['local-port'], flags['remote-port']]
    if (flags.print) {
      const { forwardLine } = await import('../../lib/binaries/ssh.ts')
      const command = forwardLine({ ...way, localPort: localPort ?? remotePort, remotePort })
      this.out(command)
      return { command }
    }
    const [{ openState }, { runSshTunnel }, { tunnelLine }, { endSignal }] = await Promise.all([
      import('../../lib/state/store.ts'),
      import('../../lib/remote/ssh-tunnel.ts'),
      import('../../cli/render/ssh-tunnel.ts'),
      import('../../cli/until-ended.ts'),
    ])
    this.note(`Connecting to ${flags.target} …`)
    let lostAt: number | null = null
    await runSshTunnel(await openState(process.env), {
      ...way,
      local: { port: localPort ?? remotePort, orAnother: localPort === undefined },
      remotePort,
      env: process.env,
      signal: endSignal(),
      onReady: (url, { gatewayId, fingerprint }) => this.say({ url, gatewayId, fingerprint }, remotePort),
      onState: (state) => {
        const line = tunnelLine(state, { lostAt, now: Date.now() })
        if (line !== null) this.note(line)
        lostAt = state.phase === 'lost' ? (lostAt ?? state.since) : state.phase === 'up' ? null : lostAt
      },
    })
    return undefined
  }

  private say(ready: { url: string; gatewayId: string; fingerprint: string }, remotePort: number): void {
    if (this.jsonEnabled()) return this.logJson(ready)
    this.out(ready.url)
    if (Number(new URL(ready.url).port) !== remotePort)
      this.note(`Port ${remotePort} of this computer is taken or was not wanted, so it is another one here.`)
    this.note(`It leads to gateway ${ready.gatewayId}, key ${ready.fingerprint}.`, 'Open it in a browser here. Ctrl-C ends it.')
  }
}
