import { prepareFrpc } from '../../binaries/frpc.ts'
import type { State } from '../../state/store.ts'
import type { Prefetched } from '../access-method.ts'

/** Fetches frpc, or looks whether the one that is there is good. Throws as `prepareFrpc`. */
export async function prefetchFrpc(state: State, signal: AbortSignal): Promise<Prefetched> {
  const { program, version, warning } = await prepareFrpc({ state, env: process.env, fetch: true, signal })
  return { program, version, warning: warning?.info() ?? null }
}
