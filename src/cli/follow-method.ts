import type { Xopc } from '../lib/core/xopc.ts'
import type { AccessId, AccessState } from '../lib/protocol/http-api.ts'

/** How a method is waited for. */
export interface Follow {
  /** Ctrl-C, or the time. */
  signal: AbortSignal
  /** Whether that is what was waited for. */
  isOver(state: AccessState): boolean
  /** Told each state on the way. */
  onState(state: AccessState): void
}

/** Before a stream that broke off is asked for anew (ms). */
const AGAIN_MS = 500

/** Waits by events for what becomes of a method, and gives the state then, or the last one at the signal. Throws what the gateway says. */
export async function followMethod(xopc: Xopc, id: AccessId, first: AccessState, follow: Follow): Promise<AccessState> {
  let state = first
  const see = (next: AccessState): void => {
    state = next
    follow.onState(state)
  }
  see(first)
  while (!follow.isOver(state) && !follow.signal.aborted) {
    for await (const { type } of xopc.events(follow.signal)) {
      if (type !== 'connected' && type !== 'access.state') continue
      // One question tells what all the events before it said.
      const view = (await xopc.overview()).methods.find((method) => method.id === id)
      if (view !== undefined) see(view.state)
      if (follow.isOver(state)) return state
    }
    if (!follow.signal.aborted) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
  }
  return state
}
