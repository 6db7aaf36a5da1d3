import type { Xopc } from '../lib/core/xopc.ts'
import type { State } from '../lib/state/store.ts'

/** The gateway a command talks to: the running one, or the files it left. */
export interface Connection {
  readonly kind: 'client' | 'offline'
  readonly xopc: Xopc
  readonly state: State
  close(): Promise<void>
}

/** What a command needs to find its gateway. */
export interface ConnectionOptions {
  env: NodeJS.ProcessEnv
  /** `--config`. */
  configPath?: string | undefined
}

/** Finds the running gateway by its lock, else opens configuration and state. Throws what `openState` and `openConfig` throw. */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const [{ openState }, { connect }] = await Promise.all([import('../lib/state/store.ts'), import('../lib/remote/target.ts')])
  const state = await openState(options.env, { create: false })
  const target = await connect(state)
  if (target.kind === 'client') return { kind: 'client', xopc: target.xopc, state, close: async () => {} }
  return openOffline(options, await openState(options.env))
}

/** Configuration and state without a gateway, also where one runs. Throws what `openConfig` throws. */
export async function openOffline(options: ConnectionOptions, state: State): Promise<Connection> {
  const [{ openConfig }, { createOffline }, { silentLog }] = await Promise.all([
    import('../lib/config/watch.ts'),
    import('../lib/core/offline.ts'),
    // What a command has to say goes to the terminal.
    import('../lib/system/log.ts'),
  ])
  const path = options.configPath === undefined ? {} : { path: options.configPath }
  const config = await openConfig({ env: options.env, ...path, overrides: {}, hotReload: false, log: silentLog })
  return { kind: 'offline', xopc: createOffline({ config, state }), state, close: () => config.close() }
}
