import type { RemoteSettings, RemoteTarget } from '../lib/remote/target.ts'

/** What says which gateway a command acts on. */
export interface Choice {
  env: NodeJS.ProcessEnv
  /** `--config`. */
  configPath?: string | undefined
  /** `--url`. */
  url?: string | undefined
}

/** A gateway elsewhere that a command acts on. */
export interface Chosen {
  target: RemoteTarget
  /** The saved one, whose credential an address that leads to the same gateway may use. */
  saved: RemoteTarget | null
}

/**
 * Which gateway a command acts on: `--url`, else `XOPC_GATEWAY_URL`, else `gateway.remote` where `gateway.mode` is `remote`; null for the one of
 * this computer. What was named and cannot be used is an error, never another gateway. Throws `REMOTE_URL_INVALID`, `INSECURE_URL`,
 * `SSH_TARGET_INVALID`, and what reading the configuration throws.
 */
export async function chosenGateway(choice: Choice): Promise<Chosen | null> {
  const { env, url } = choice
  const [text, from] = url === undefined ? [env['XOPC_GATEWAY_URL'] ?? '', 'XOPC_GATEWAY_URL'] : [url, '--url']
  if (url === undefined && text === '') return await savedGateway(choice)
  const { readPlace } = await import('../lib/remote/target.ts')
  // A credential of the environment belongs to the address that stands beside it.
  const credential = env['XOPC_GATEWAY_TOKEN'] || env['XOPC_GATEWAY_PASSWORD'] || null
  const target = { place: readPlace(text, from), from, credential, publicKey: null }
  const saved = credential === null ? await savedGateway(choice) : null
  return { target, saved: saved?.target ?? null }
}

/** The one of the configuration, in remote mode; null otherwise. */
async function savedGateway({ env, configPath }: Choice): Promise<Chosen | null> {
  const gateway = await remoteMode({ env, configPath })
  if (gateway === null) return null
  const { configuredTarget } = await import('../lib/remote/target.ts')
  return { target: configuredTarget(gateway), saved: null }
}

/**
 * `gateway.remote` where the configuration says `gateway.mode: "remote"`, else null. The whole configuration is read only where its text could
 * say so: most commands act on this computer, and should not wait for it.
 */
async function remoteMode({ env, configPath }: Choice): Promise<RemoteSettings | null> {
  const [{ lookThrough, readText }, { statePaths }] = await Promise.all([
    import('../lib/system/files.ts'),
    import('../lib/system/paths.ts'),
  ])
  const path = configPath ?? statePaths(env).config
  if ((await lookThrough(path))?.kind !== 'file' || !mayBeRemote((await readText(path)) ?? '')) return null
  const { inspectConfig, usable } = await import('../lib/config/load.ts')
  const loaded = await inspectConfig({ env, path: configPath })
  // A running gateway lives on with a file that was broken since, and its commands with it; but not one that may mean another gateway.
  if (loaded.config === null && !saysRemote(loaded.text)) return null
  const { mode, remote } = usable(loaded).gateway
  if (mode !== 'remote') return null
  const { remoteErrors } = await import('../lib/remote/errors.ts')
  if (remote === undefined) throw remoteErrors.NO_REMOTE_GATEWAY()
  return remote
}

/** Escapes and variables could spell it, too. */
function mayBeRemote(text: string): boolean {
  return /remote|\\|\$\{/.test(text)
}

/** By its text alone, because a file that is broken cannot be read in any other way: `mode`, then `remote`, a variable, or an escape anywhere. */
function saysRemote(text: string | null): boolean {
  const blank = String.raw`(?:\s|/\*(?:(?!\*/)[^])*\*/|//[^\n]*\n)*`
  return new RegExp(String.raw`\bmode\b['"]?${blank}:${blank}['"](?:remote|\$\{)|\\`).test(text ?? '')
}
