import type { Xopc } from '../core/xopc.ts'
import type { State } from '../state/store.ts'

/** Which gateway commands act on. */
export type Target = { kind: 'client'; xopc: Xopc } | { kind: 'offline' }

/** The gateway that runs on this state folder, or `offline` where none answers. Throws `SOCKET_UNSAFE`. */
export async function connect(state: State): Promise<Target> {
  throw new Error(state.runDir)
}
