import { Flags } from '../../cli/base-command.ts'
import { BrokerCommand } from '../../cli/broker-command.ts'
import { renderInit } from '../../cli/render/broker.ts'

/** `xopc broker init` */
export default class BrokerInit extends BrokerCommand {
  static override summary = 'Write everything that a broker on a public host needs into a folder.'
  static override description =
    'Settings, frps with TLS and our plugin, a certificate for it, a Caddyfile with certificates on demand, systemd units, the DNS records, and what to back up. Nothing is installed, started or overwritten.'
  static override examples = [
    '<%= config.bin %> broker init --domain frp.example.com --dir /var/lib/xopc-broker',
    '<%= config.bin %> broker init --domain frp.example.com --dry-run',
  ]
  static override flags = {
    domain: Flags.string({ required: true, helpValue: '<name>', summary: 'The domain below which tunnels get their names.' }),
    dir: Flags.string({ helpValue: '<folder>', summary: 'Where to write it, instead of `broker` in the state folder.' }),
    'dry-run': Flags.boolean({ summary: 'Show what would be written, and write nothing.' }),
  }

  async run(): Promise<{ domain: string; folder: string; files: { path: string; about: string }[] }> {
    const { flags } = await this.parse(BrokerInit)
    const [{ domainIn, initSet, planSet, requireEmpty }, { findProgram }] = await Promise.all([
      import('../../lib/broker/init.ts'),
      import('../../lib/system/find-program.ts'),
    ])
    const domain = domainIn(flags.domain)
    const { dir } = await this.folder({ dev: false, dir: flags.dir })
    const dryRun = flags['dry-run']
    // It may be installed later: the unit then names where it usually lies.
    const frps = await findProgram(process.env['XOPC_FRPS_PATH'] || 'frps', process.env).catch(() => '/usr/local/bin/frps')
    const program = [process.execPath, process.argv[1] ?? 'xopc']
    if (dryRun) await requireEmpty(dir)
    const files = dryRun ? planSet(dir) : await initSet({ domain, dir, program, frps, now: Date.now() })
    this.out(...renderInit({ domain, dir, files, dryRun }))
    return { domain, folder: dir, files }
  }
}
