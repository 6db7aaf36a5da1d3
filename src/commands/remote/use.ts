import { text } from 'node:stream/consumers'
import { Args, BaseCommand, Flags } from '../../cli/base-command.ts'
import { XopcError } from '../../lib/errors/error.ts'

/** `xopc remote use` */
export default class RemoteUse extends BaseCommand {
  static override summary = 'Let every command act on a gateway elsewhere, reached by ssh or by its address.'
  static override description =
    'Reaches it, lets it prove its key, and saves gateway.mode and gateway.remote. By ssh as the same user no token is needed. Otherwise its token is asked for (over there: xopc gateway token --show).'
  static override examples = [
    '<%= config.bin %> remote use ssh://user@host',
    '<%= config.bin %> remote use https://gateway.example.com',
    '<%= config.bin %> remote use https://gateway.example.com --stdin < token.txt',
  ]
  static override args = {
    url: Args.string({ description: 'ssh://user@host, or the address of the gateway; without it the one that was used before.' }),
  }
  static override flags = {
    stdin: Flags.boolean({ summary: 'Read the token from stdin.' }),
    identity: Flags.string({ helpValue: '<file>', summary: 'A private key for ssh, besides those of your agent and configuration.' }),
    'remote-port': Flags.integer({ min: 1, max: 65_535, helpValue: '<port>', summary: 'With ssh: the port of the gateway there.' }),
    pin: Flags.boolean({ summary: 'Accept the key of a gateway that is met for the first time over plain http.' }),
  }

  async run(): Promise<object> {
    const { args, flags } = await this.parse(RemoteUse)
    const [{ openState }, { savedRemote }, { readPlace, configuredTarget, nameOf }, { editsFor, tryRemote }, { editConfig }] =
      await Promise.all([
        import('../../lib/state/store.ts'),
        import('../../cli/saved-remote.ts'),
        import('../../lib/remote/target.ts'),
        import('../../cli/use-remote.ts'),
        import('../../lib/config/edit.ts'),
      ])
    const file = { env: process.env, path: this.configPath() }
    const { remote: saved } = await savedRemote(file)
    const before = saved === undefined ? null : asked(() => configuredTarget(saved), args.url !== undefined)
    const given = args.url === undefined ? (before?.place ?? (await this.nothing())) : readPlace(args.url, 'The address')
    const port = flags['remote-port']
    const place =
      given.kind === 'direct'
        ? given
        : { ...given, identity: flags.identity ?? given.identity, url: port === undefined ? given.url : `http://127.0.0.1:${port}` }
    const isSame = before !== null && nameOf(before.place) === nameOf(place)
    const { remote, settings } = await tryRemote({
      place,
      credential: flags.stdin ? (await text(process.stdin)).trim() || null : process.env['XOPC_GATEWAY_TOKEN'] || null,
      kept: isSame ? (before.credential ?? null) : null,
      env: process.env,
      state: await openState(process.env),
      pin: flags.pin,
      interactive: this.terminal.interactive && !this.jsonEnabled(),
    })
    const { path } = await editConfig({ ...file, edits: editsFor(settings) })
    const { gatewayId, fingerprint } = remote.gateway
    this.out(`Commands now act on gateway ${gatewayId} at ${remote.way.place}.`, `Its key is ${fingerprint}.`, '', 'Next: xopc status')
    this.note(`Saved in ${path}. Back to this computer: xopc remote off`)
    if (process.env['XOPC_GATEWAY_URL']) this.note('XOPC_GATEWAY_URL is set and wins over it in this terminal.')
    const { token: _, password: __, ...shown } = settings
    return { mode: 'remote', ...shown, gatewayId, fingerprint }
  }

  private async nothing(): Promise<never> {
    const { remoteErrors } = await import('../../lib/remote/errors.ts')
    throw remoteErrors.NO_REMOTE_GATEWAY()
  }
}

/** What is saved; where another gateway is named, one that cannot be used is only replaced. Throws what reading it throws. */
function asked<Target>(read: () => Target, isReplaced: boolean): Target | null {
  try {
    return read()
  } catch (error) {
    if (isReplaced && error instanceof XopcError) return null
    throw error
  }
}
