import { join } from 'node:path'
import { findSsh, requireIdentity, type SshForward } from '../binaries/ssh.ts'
import type { State } from '../state/store.ts'
import { type LocalPort, openLocalPort, type PortWish } from './local-port.ts'
import type { Proven } from './prove.ts'
import { type ForwardState, openSshForward } from './ssh-forward.ts'

/** What to forward, and how it is told. */
export interface SshTunnelOptions extends Pick<SshForward, 'target' | 'jump' | 'identity'> {
  local: PortWish
  remotePort: number
  env: NodeJS.ProcessEnv
  /** Ends it. */
  signal: AbortSignal
  /** Once, when the far gateway has proven itself; `url` is where it is here. */
  onReady(url: string, gateway: Proven): void
  /** Whatever changes afterwards. */
  onState(state: ForwardState): void
}

/**
 * Keeps a port of this computer leading to a far gateway until the signal; resolves then, with nothing left of it. Throws what kept it from coming
 * up, or ended it for good: `SSH_*`, `REMOTE_GATEWAY_NOT_RUNNING`, `FAR_END_STRANGE`, `FAR_END_UNPROVEN`, `LOCAL_PORT_TAKEN`.
 */
export async function runSshTunnel(state: Pick<State, 'runDir'>, options: SshTunnelOptions): Promise<void> {
  const { target, jump, identity, local, remotePort, env, signal, onReady, onState } = options
  const ssh = await findSsh(env)
  if (identity !== null) await requireIdentity(identity)
  // A name of its own: several tunnels may run at the same time.
  const socket = join(state.runDir, `ssh-${process.pid}.sock`)
  const told = { ready: false }
  const forward = openSshForward({
    ssh,
    env,
    target,
    jump,
    identity,
    socket,
    far: { port: remotePort },
    origin: `http://127.0.0.1:${remotePort}`,
    onState(now) {
      if (told.ready) onState(now)
    },
  })
  const stop = (): void => void forward.stop()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  let port: LocalPort | null = null
  try {
    const gateway = await Promise.race([forward.ready, forward.ended.then(() => null)])
    if (gateway === null) return
    // Not before: with ssh to this very computer and no gateway there, the port would lead to itself.
    port = await openLocalPort(local, socket)
    onReady(`http://127.0.0.1:${port.port}`, gateway)
    told.ready = true
    await forward.ended
  } finally {
    await Promise.all([forward.stop(), port?.close()])
  }
}
