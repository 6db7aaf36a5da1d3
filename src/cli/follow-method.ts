import type { Xopc } from '../lib/core/xopc.ts'
import type { AccessId, AccessState } from '../lib/protocol/http-api.ts'

/** How a method is waited for. */
export interface Follow {
  /** Ctrl-C, or the time. */
  signal: AbortSignal
  /** Also where it waits for a person or failed: until it is on. */
  untilOn: boolean
  /** Told each state on the way. */
  onState(state: AccessState): void
}

/** Before a stream that broke off is asked for anew (ms). */
const AGAIN_MS = 500

/** Waits by events until a method that was just asked for rests, and gives the state then. Throws what the gateway says. */
export async function followMethod(xopc: Xopc, id: AccessId, first: AccessState, follow: Follow): Promise<AccessState> {
  let state = first
  const see = (next: AccessState): void => {
    state = next
    follow.onState(state)
  }
  see(first)
  while (!isOver(state, follow) && !follow.signal.aborted) {
    for await (const { type } of xopc.events(follow.signal)) {
      if (type !== 'connected' && type !== 'access.state') continue
      // One question tells what all the events before it said.
      const view = (await xopc.overview()).methods.find((method) => method.id === id)
      if (view !== undefined) see(view.state)
      if (isOver(state, follow)) return state
    }
    if (!follow.signal.aborted) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
  }
  return state
}

/** On counts once it was looked at from outside, too. */
function isOver(state: AccessState, { untilOn }: Follow): boolean {
  if (state.phase === 'on') return state.verified !== null
  return state.phase !== 'starting' && !untilOn
}
