import { knownGateway } from '../state/known-gateways.ts'
import type { State } from '../state/store.ts'
import { nameOf, type RemoteTarget } from './target.ts'

/**
 * The credential for a target: its own, or that of the saved gateway where both places are known to lead to the same key. Null where there is
 * none. Throws what `knownGateway` throws.
 */
export async function credentialOf(state: Pick<State, 'paths'>, target: RemoteTarget, saved: RemoteTarget | null): Promise<string | null> {
  if (target.credential !== null || saved === null) return target.credential
  const [there, ours] = await Promise.all([target, saved].map(async ({ place }) => await knownGateway(state, nameOf(place))))
  const key = saved.publicKey ?? ours?.publicKey ?? null
  // Not on first use: then nothing but the address itself says that it is the same gateway.
  return key !== null && there?.publicKey === key ? saved.credential : null
}
