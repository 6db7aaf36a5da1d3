import { hasFrpc } from '../../binaries/frpc-place.ts'
import type { State } from '../../state/store.ts'
import { readTunnel } from '../../state/tunnel.ts'
import type { Facts } from '../access-method.ts'

/** What is there of the tunnel without asking anybody: whether frpc is, and the public address of the last lease. */
export interface TunnelFacts extends Facts {
  frpc: 'there' | 'missing'
  lease: string | null
}

/** Looks at files only; whether they are good is asked where they are used. Throws `TUNNEL_STATE_BROKEN`, `FILE_NOT_READABLE`. */
export async function lookAtTunnel(state: State): Promise<TunnelFacts> {
  const lease = (await readTunnel(state))?.publicUrl ?? null
  return { frpc: (await hasFrpc(state, process.env)) ? 'there' : 'missing', lease }
}
