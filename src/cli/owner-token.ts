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
 * Replaces the owner token, by the gateway where one runs, else in the file, also where another value of it is wrong: a weak token is
 * mended this way. Throws what `rotateToken` throws.
 */
export async function newOwnerToken(env: NodeJS.ProcessEnv, path: string | undefined): Promise<string> {
  const [{ openState }, { connect }] = await Promise.all([import('../lib/state/store.ts'), import('../lib/remote/target.ts')])
  const target = await connect(await openState(env, { create: false }))
  if (target.kind === 'client') return (await target.xopc.rotateToken()).token
  const { replaceTokenInFile } = await import('../lib/core/token.ts')
  return replaceTokenInFile({ env, path })
}

/** A token that can be told from another but not used: its last four characters. Pure. */
export function masked(token: string): string {
  return `••••••••••••${token.slice(-4)}`
}
