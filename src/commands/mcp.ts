import { GatewayCommand } from '../cli/base-command.ts'

/** `xopc mcp` */
export default class Mcp extends GatewayCommand {
  static override summary = 'Let an AI assistant see and test the ways in: an MCP server on stdin and stdout.'
  static override description =
    'Started by an MCP client with the command xopc and the argument mcp. It shows the overview, tests and diagnoses, closes a way in, and opens again what a person had open before. It never opens anything new, gives no consent, hands out no token and no pairing link. Ends when the client does.'
  static override examples = ['<%= config.bin %> mcp', '<%= config.bin %> mcp --url ssh://user@home']
  // stdout belongs to the protocol.
  static override enableJsonFlag = false
  protected override readonly ownsSignals = true

  async run(): Promise<void> {
    const { flags } = await this.parse(Mcp)
    const [{ runMcp }, { openConnection }] = await Promise.all([import('../cli/run-mcp.ts'), import('../cli/connection.ts')])
    // Nobody can be asked: stdin is the client's.
    const options = { ...this.choice(), pin: flags.pin, json: true, interactive: false }
    await runMcp({ version: this.config.version, open: async () => await openConnection(options) })
  }
}
