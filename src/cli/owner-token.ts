import type { Choice } from './chosen-gateway.ts'
import type { Connection } from './connection.ts'
import { cliErrors } from './errors.ts'

/** The owner token as file and environment say. Throws `NO_TOKEN`, and what `openConfig` throws. */
export async function ownerToken(env: NodeJS.ProcessEnv, configPath: string | undefined): Promise<string> {
  const [{ openConfig }, { silentLog }] = await Promise.all([import('../lib/config/watch.ts'), import('../lib/system/log.ts')])
  const path = configPath === undefined ? {} : { path: configPath }
  const config = await openConfig({ env, ...path, overrides: {}, hotReload: false, log: silentLog })
  const { mode, token } = config.current().gateway.auth
  await config.close()
  if (mode === 'trusted-proxy')
    throw cliErrors.NO_TOKEN({
      reason: 'your proxy signs people in (gateway.auth.mode is trusted-proxy)',
      next: 'Open the gateway through the proxy; commands on this computer need no token.',
    })
  if (mode !== 'token')
    throw cliErrors.NO_TOKEN({ reason: `gateway.auth.mode is ${mode}`, next: 'Type `xopc config get gateway.auth.mode`.' })
  if (token === undefined)
    throw cliErrors.NO_TOKEN({
      reason: 'the gateway makes it at its first start',
      next: 'Type `xopc gateway`, or `xopc gateway token --generate`.',
    })
  return token
}

/**
 * Replaces the owner token, by the gateway where one runs, else in the file, also where another value of it is wrong: a weak token is mended this
 * way. For a gateway elsewhere the new one is saved here, where the old one was. Throws what `rotateToken` and `chosenGateway` throw.
 */
export async function newOwnerToken(choice: Choice, connection: () => Promise<Connection>): Promise<string> {
  const { chosenGateway } = await import('./chosen-gateway.ts')
  const chosen = await chosenGateway(choice)
  return chosen === null ? await newTokenHere(choice) : await newTokenThere(choice, await connection())
}

async function newTokenHere({ env, configPath: path }: Choice): Promise<string> {
  const [{ openState }, { connect }] = await Promise.all([import('../lib/state/store.ts'), import('../lib/remote/local.ts')])
  const target = await connect(await openState(env, { create: false }))
  if (target.kind === 'client') return (await target.xopc.rotateToken()).token
  const { replaceTokenInFile } = await import('../lib/core/token.ts')
  return replaceTokenInFile({ env, path })
}

async function newTokenThere({ env, configPath: path }: Choice, { xopc, state, remote: there }: Connection): Promise<string> {
  const [{ savedRemote }, { configuredTarget, nameOf }, { knownGateway }] = await Promise.all([
    import('./saved-remote.ts'),
    import('../lib/remote/target.ts'),
    import('../lib/state/known-gateways.ts'),
  ])
  const { remote } = await savedRemote({ env, path })
  const { token } = await xopc.rotateToken()
  if (remote?.token === undefined) return token
  // By whatever address it was reached: what is saved for the same gateway is the token that has just ended.
  const known = await knownGateway(state, nameOf(configuredTarget(remote).place))
  if (known?.publicKey !== there?.gateway.publicKey) return token
  const { editConfig } = await import('../lib/config/edit.ts')
  await editConfig({ env, path, edits: { 'gateway.remote.token': token } })
  return token
}

/** A token that can be told from another but not used: its last four characters. Pure. */
export function masked(token: string): string {
  return `••••••••••••${token.slice(-4)}`
}
