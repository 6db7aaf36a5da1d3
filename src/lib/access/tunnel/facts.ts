import { hasFrpc } from '../../binaries/frpc-place.ts'
import { XopcError } from '../../errors/error.ts'
import type { State } from '../../state/store.ts'
import { readTunnel } from '../../state/tunnel.ts'
import type { Facts } from '../access-method.ts'

/** What is there of the tunnel without asking anybody: whether frpc is, and the public address of the last lease. */
export interface TunnelFacts extends Facts {
  frpc: 'there' | 'missing'
  lease: string | null
}

/** Looks at files only; whether they are good is asked where they are used. Throws nothing that a file could cause. */
export async function lookAtTunnel(state: State): Promise<TunnelFacts> {
  return { frpc: (await hasFrpc(state, process.env)) ? 'there' : 'missing', lease: await lastAddress(state) }
}

async function lastAddress(state: State): Promise<string | null> {
  try {
    return (await readTunnel(state))?.publicUrl ?? null
  } catch (error) {
    if (error instanceof XopcError) return null
    throw error
  }
}
