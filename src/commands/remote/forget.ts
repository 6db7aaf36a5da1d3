import { Args, BaseCommand } from '../../cli/base-command.ts'

/** `xopc remote forget` */
export default class RemoteForget extends BaseCommand {
  static override summary = 'Forget which key a gateway elsewhere has: the next one that answers there is met as for the first time.'
  static override description = 'For a gateway that was set up anew. Compare its key first with what xopc gateway status says over there.'
  static override examples = [
    '<%= config.bin %> remote forget https://gateway.example.com',
    '<%= config.bin %> remote forget ssh://user@host',
  ]
  static override args = { url: Args.string({ required: true, description: 'ssh://user@host, or the address of the gateway.' }) }

  async run(): Promise<{ forgotten: boolean }> {
    const { args } = await this.parse(RemoteForget)
    const [{ openState }, { nameOf, readPlace }, { changeKnownGateway, knownGateway }] = await Promise.all([
      import('../../lib/state/store.ts'),
      import('../../lib/remote/target.ts'),
      import('../../lib/state/known-gateways.ts'),
    ])
    const [state, name] = [await openState(process.env), nameOf(readPlace(args.url, 'The address'))]
    const forgotten = (await knownGateway(state, name)) !== null
    if (forgotten) await changeKnownGateway(state, name, () => null)
    this.out(
      forgotten ? 'Its key is forgotten.' : 'No gateway was met there, so there is nothing to forget.',
      '',
      'Next: xopc remote status',
    )
    return { forgotten }
  }
}
