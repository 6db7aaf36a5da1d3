import type { Xopc } from '../lib/core/xopc.ts'
import type { AccessId, MethodView } from '../lib/protocol/http-api.ts'
import { methodLine } from './render/overview.ts'

/**
 * Says, a line each, what becomes of the ways in that are asked for, until each of them is on for the first time: where a person has to go, or
 * what they have to do first. Ends with the signal. Throws what the gateway says.
 */
export async function announceMethods(
  xopc: Pick<Xopc, 'events' | 'overview'>,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const said = new Map<AccessId, string>()
  for await (const { type } of xopc.events(signal)) {
    if (type !== 'connected' && type !== 'access.state') continue
    const asked = (await xopc.overview()).methods.filter(({ intended }) => intended)
    for (const view of asked) announce(view, said, say)
    if (asked.every(({ id }) => said.get(id) === DONE)) return
  }
}

const DONE = 'on'

function announce(view: MethodView, said: Map<AccessId, string>, say: (line: string) => void): void {
  const { phase } = view.state
  // What is only being looked at is no news, and neither is that it is still as it was.
  if (said.get(view.id) === DONE || phase === 'starting' || phase === 'off') return
  const line = methodLine(view)
  const known = phase === 'on' ? DONE : line
  if (said.get(view.id) === known) return
  said.set(view.id, known)
  say(line)
}
