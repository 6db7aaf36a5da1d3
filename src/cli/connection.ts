import type { Xopc } from '../lib/core/xopc.ts'
import type { RemoteGateway } from '../lib/remote/remote-gateway.ts'
import type { State } from '../lib/state/store.ts'
import type { Chosen } from './chosen-gateway.ts'
import type { MeetOptions } from './meet.ts'

/** The gateway a command talks to: one that runs, here or elsewhere, or the files that one left here. */
export interface Connection {
  readonly kind: 'client' | 'offline'
  readonly xopc: Xopc
  readonly state: State
  /** Null for the gateway of this computer. */
  readonly remote: RemoteGateway | null
  /** The gateway as it is reached now, which may have started anew; null where none answers. */
  again(): Promise<Xopc | null>
  close(): Promise<void>
}

/** What a command needs to find its gateway. */
export interface ConnectionOptions extends MeetOptions {
  env: NodeJS.ProcessEnv
  /** `--config`. */
  configPath?: string | undefined
  /** `--url`. */
  url?: string | undefined
  /** Only an object is printed. */
  json: boolean
}

/**
 * The gateway that was chosen: one elsewhere, the one that runs here by its lock, or else configuration and state. Throws what `chosenGateway`,
 * `openRemoteGateway`, `openState` and `openConfig` throw.
 */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const [{ openState }, { chosenGateway }] = await Promise.all([import('../lib/state/store.ts'), import('./chosen-gateway.ts')])
  // First, because the configuration may be in a folder that is not to be trusted.
  const state = await openState(options.env, { create: false })
  const chosen = await chosenGateway(options)
  return chosen === null ? await openLocal(state, options) : await openRemote(chosen, options)
}

async function openLocal(state: State, options: ConnectionOptions): Promise<Connection> {
  const { connect } = await import('../lib/remote/local.ts')
  const target = await connect(state)
  if (target.kind === 'offline') return await openOffline(options)
  const again = async (): Promise<Xopc | null> => {
    const now = await connect(state)
    return now.kind === 'client' ? now.xopc : null
  }
  return { kind: 'client', xopc: target.xopc, state, remote: null, again, close: async () => {} }
}

async function openRemote({ target, saved }: Chosen, options: ConnectionOptions): Promise<Connection> {
  const [{ openState }, { openRemoteGateway }, { createClient }, { credentialOf }, { meetGateway }] = await Promise.all([
    import('../lib/state/store.ts'),
    import('../lib/remote/remote-gateway.ts'),
    import('../lib/client/xopc-client.ts'),
    import('../lib/remote/spare-credential.ts'),
    import('./meet.ts'),
  ])
  const state = await openState(options.env)
  const withOwn = { ...target, credential: await credentialOf(state, target, saved) }
  const meet = async (meeting: Parameters<typeof meetGateway>[0]) => await meetGateway(meeting, options)
  const remote = await openRemoteGateway({ target: withOwn, state, env: options.env, meet })
  if (!options.json) process.stderr.write(`Gateway: ${remote.way.place}\n`)
  if (remote.way.isReadable) process.stderr.write(`What is said to ${remote.way.place} can be read by others in that network.\n`)
  const xopc = createClient(remote.transport)
  const again = async (): Promise<Xopc | null> => ((await isThere(xopc)) ? xopc : null)
  return { kind: 'client', xopc, state, remote, again, close: async () => remote.close() }
}

async function isThere(xopc: Xopc): Promise<boolean> {
  const { XopcError } = await import('../lib/errors/error.ts')
  try {
    await xopc.health()
    return true
  } catch (error) {
    if (error instanceof XopcError) return false
    throw error
  }
}

/** Configuration and state without a gateway, also where one runs. Throws what `openConfig` throws. */
async function openOffline(options: ConnectionOptions): Promise<Connection> {
  const [{ openState }, { openConfig }, { createOffline }, { silentLog }] = await Promise.all([
    import('../lib/state/store.ts'),
    import('../lib/config/watch.ts'),
    import('../lib/core/offline.ts'),
    // What a command has to say goes to the terminal.
    import('../lib/system/log.ts'),
  ])
  const path = options.configPath === undefined ? {} : { path: options.configPath }
  const config = await openConfig({ env: options.env, ...path, overrides: {}, hotReload: false, log: silentLog })
  const state = await openState(options.env)
  const xopc = createOffline({ config, state })
  return { kind: 'offline', xopc, state, remote: null, again: async () => null, close: () => config.close() }
}
