import { Args, GatewayCommand, Flags } from '../../cli/base-command.ts'
import { blockLines } from '../../cli/render/block.ts'
import { renderSteps } from '../../cli/render/template.ts'
import { type ProxyProgram, type ProxyTemplate, proxyPrograms } from '../../lib/protocol/http-api.ts'

/** `xopc proxy template` */
export default class ProxyTemplateCommand extends GatewayCommand {
  static override summary = 'A configuration for your own proxy that passes the whole test. What to do with it is said besides.'
  static override description =
    'Written for the port (or gateway.proxySocket) that this gateway has. The text alone goes to stdout, the steps to stderr.'
  static override examples = [
    '<%= config.bin %> proxy template caddy --domain gateway.example.com',
    '<%= config.bin %> proxy template nginx --domain gateway.example.com > xopc.conf',
    '<%= config.bin %> proxy template cloudflared --json',
  ]
  static override args = {
    program: Args.string({ required: true, options: [...proxyPrograms], description: 'The program that is your proxy.' }),
  }
  static override flags = {
    domain: Flags.string({ helpValue: '<name>', summary: 'The host name that it serves, instead of gateway.example.com.' }),
  }

  async run(): Promise<ProxyTemplate> {
    const { args, flags } = await this.parse(ProxyTemplateCommand)
    // `as`: the parser has refused every other word.
    const program = args.program as ProxyProgram
    const template = await (await this.xopc()).proxyTemplate(program, flags.domain === undefined ? {} : { domain: flags.domain })
    this.out(...blockLines(template.text))
    this.note('', ...renderSteps(template, this.terminal.textColumns))
    return template
  }
}
