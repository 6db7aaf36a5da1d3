import { XopcError } from '../../errors/error.ts'
import type { State } from '../../state/store.ts'
import { readTunnel, saveTunnel } from '../../state/tunnel.ts'
import { release } from './broker.ts'
import { tunnelErrors } from './errors.ts'

/** Gives the public name back at the broker, for ever, and forgets it once that is confirmed. False where there was none. Throws `TUNNEL_NOT_RELEASED`, `TUNNEL_STATE_BROKEN`. */
export async function releaseLease(state: State, signal: AbortSignal): Promise<boolean> {
  const saved = await readTunnel(state)
  if (saved === null) return false
  try {
    await release(saved, signal)
  } catch (error) {
    if (!(error instanceof XopcError) && !signal.aborted) throw error
    const { origin: broker } = new URL(saved.brokerUrl)
    const reason = error instanceof XopcError ? error.message.replace(/\.$/, '') : 'it did not answer in time'
    throw tunnelErrors.TUNNEL_NOT_RELEASED({ broker, subdomain: saved.subdomain, reason }, { cause: error })
  }
  await saveTunnel(state, null)
  return true
}
