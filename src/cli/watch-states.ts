import type { Xopc } from '../lib/core/xopc.ts'
import { fieldsOf } from '../lib/protocol/fields.ts'
import type { AccessId, AccessState } from '../lib/protocol/http-api.ts'

/** So long the stream of events may take to begin; without it no step is seen, and nothing else is lost (ms). */
const BEGIN_MS = 1000

/** Tells every state of a method from now on, also those that pass quickly; resolves with the way to end that, once it listens. Throws nothing. */
export async function watchStates(xopc: Xopc, id: AccessId, onState: (state: AccessState) => void): Promise<() => void> {
  const closing = new AbortController()
  const begun = Promise.withResolvers<void>()
  const listen = async (): Promise<void> => {
    for await (const { type, data } of xopc.events(closing.signal)) {
      if (type === 'connected') begun.resolve()
      const { id: of, state } = fieldsOf(data)
      // `as`: what the gateway sends by this name.
      if (type === 'access.state' && of === id) onState(state as AccessState)
    }
  }
  // Whoever waits for the method itself hears of a gateway that is gone.
  listen().catch(() => begun.resolve())
  await Promise.race([begun.promise, new Promise((resolve) => setTimeout(resolve, BEGIN_MS).unref())])
  return () => closing.abort()
}
