import type { ServeConfig } from '../../binaries/tailscale-serve.ts'
import { findTailscale, type Tailscale } from '../../binaries/tailscale.ts'
import type { TailscaleStatus } from '../../binaries/tailscale-status.ts'
import { type ErrorInfo, XopcError } from '../../errors/error.ts'
import { readExposures } from '../../state/exposures.ts'
import type { State } from '../../state/store.ts'
import type { Facts } from '../access-method.ts'

/** What `inspect` of Tailscale finds. `problem`: why it could not look; then there is nothing else. */
export interface TailscaleFacts extends Facts {
  problem: ErrorInfo | null
  status: Omit<TailscaleStatus, 'health'> | null
  serving: ServeConfig
  /** Where an entry of ours leads, by our own note. */
  own: readonly string[]
  /** Who may change what it serves besides root; null where that does not matter, or is not told. */
  operator: string | null
}

/** The facts of Tailscale. */
export function tailscaleFacts(facts: Facts): TailscaleFacts {
  // `as`: facts of a method come from its own inspect alone; the border between methods and core does not know their shape.
  return facts as TailscaleFacts
}

/** Tailscale, and what is true of it now; it is null where it cannot be driven. */
export interface Sight {
  program: Tailscale | null
  facts: TailscaleFacts
}

const NOTHING: ServeConfig = { entries: [] }

/** Looks, and changes nothing. `known`: as it was found before, which saves asking its version. Throws `EXPOSURES_BROKEN`, and what is no error of ours. */
export async function lookAtTailscale(state: State, signal: AbortSignal, known: Tailscale | null = null): Promise<Sight> {
  const { tailscale: entry } = await readExposures(state)
  const own = entry === null ? [] : [entry.target]
  try {
    const program = known ?? (await findTailscale(process.env, signal))
    const asked = [program.status(signal), program.serving(signal), operatorOf(program, signal)] as const
    const [{ health: _, ...status }, serving, operator] = await Promise.all(asked)
    return { program, facts: { problem: null, status, serving: status.state === 'Running' ? serving : NOTHING, own, operator } }
  } catch (error) {
    if (!(error instanceof XopcError)) throw error
    return { program: null, facts: { problem: error.info(), status: null, serving: NOTHING, own, operator: null } }
  }
}

/** Root may change everything anyway. */
async function operatorOf(program: Tailscale, signal: AbortSignal): Promise<string | null> {
  return process.getuid?.() === 0 ? null : await program.operator(signal)
}
