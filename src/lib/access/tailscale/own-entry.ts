import type { ServeEntry, ServeWish } from '../../binaries/tailscale-serve.ts'
import type { Tailscale } from '../../binaries/tailscale.ts'
import { XopcError } from '../../errors/error.ts'
import { noteExposures, readExposures, type TailscaleExposure } from '../../state/exposures.ts'
import type { State } from '../../state/store.ts'
import { MOUNT, standingOf } from './entry.ts'
import { tailscaleErrors } from './errors.ts'
import { lookAtTailscale, type TailscaleFacts } from './facts.ts'
import { CONSOLE, type Obstacle } from './plan.ts'

/** Our entry as Tailscale has it now; undefined where it is gone, or leads elsewhere. Pure. */
export function ownEntryIn({ serving }: TailscaleFacts, entry: TailscaleExposure | null): ServeEntry | undefined {
  return serving.entries.find(
    ({ port, mount, target, foreground }) => port === entry?.port && mount === MOUNT && target === entry.target && !foreground,
  )
}

/** Whether our entry is as we left it. Pure. */
export function isAsNoted(facts: TailscaleFacts, entry: TailscaleExposure | null): boolean {
  return ownEntryIn(facts, entry)?.funnel === (entry?.mode === 'funnel')
}

/** Asks Tailscale to serve. Noted before it is done: after a crash we must know what is ours. What comes back is what a person has to do first. */
export async function putEntry(state: State, program: Tailscale, entry: TailscaleExposure, signal: AbortSignal): Promise<Obstacle | null> {
  await noteExposures(state, { tailscale: entry })
  const refused = await serve(program, entry, signal)
  if (refused !== null) return refused
  // Exit code 0 is not success, so what it serves now is read.
  if (standingOf(await program.serving(signal), entry, []).kind !== 'ours') throw tailscaleErrors.TAILSCALE_NOT_SERVING()
  if ((await program.status(signal)).https) return null
  return { needs: tailscaleErrors.TAILSCALE_HTTPS_OFF().info(), url: `${CONSOLE}/dns` }
}

async function serve(program: Tailscale, wish: ServeWish, signal: AbortSignal): Promise<Obstacle | null> {
  try {
    const { consent } = await program.serve(wish, signal)
    if (consent === null) return null
    const error = consent.feature === 'funnel' ? tailscaleErrors.TAILSCALE_FUNNEL_OFF() : tailscaleErrors.TAILSCALE_HTTPS_OFF()
    return { needs: error.info(), ...(consent.url === null ? {} : { url: consent.url }) }
  } catch (error) {
    if (!(error instanceof XopcError) || error.code !== 'TAILSCALE_NOT_OPERATOR') throw error
    return { needs: error.info(), command: 'sudo tailscale set --operator=$USER' }
  }
}

/** How an entry is taken out. */
export interface TakingBack {
  /** A person wants it gone, also where it is to outlive the gateway. */
  asked: boolean
  signal: AbortSignal
}

/**
 * Takes our entry out where it still is ours; everything else stays as it is. Where Tailscale cannot be reached now, it stays noted for the next time.
 * Throws `TAILSCALE_ENTRY_LEFT`, and what Tailscale refuses.
 */
export async function takeBack(state: State, { asked, signal }: TakingBack): Promise<void> {
  const { tailscale: entry } = await readExposures(state)
  if (entry === null || (entry.keep && !asked)) return
  const { program, facts } = await lookAtTailscale(state, signal)
  if (program === null || facts.status?.state !== 'Running')
    throw tailscaleErrors.TAILSCALE_ENTRY_LEFT({ reason: facts.problem?.message ?? 'Tailscale is not connected.' })
  if (ownEntryIn(facts, entry) !== undefined) await serveOff(program, entry, signal)
  await noteExposures(state, { tailscale: null })
}

/** The same for somebody who waits no longer than `ms`. Throws the same. */
export async function takeBackWithin(state: State, { asked, signal }: TakingBack, ms: number): Promise<void> {
  const limit = AbortSignal.timeout(ms)
  try {
    await takeBack(state, { asked, signal: AbortSignal.any([signal, limit]) })
  } catch (error) {
    if (error !== limit.reason) throw error
    throw tailscaleErrors.TAILSCALE_ENTRY_LEFT({ reason: 'Tailscale does not answer.' }, { cause: error })
  }
}

/** One that is gone already is as good as taken out. */
async function serveOff(program: Tailscale, entry: TailscaleExposure, signal: AbortSignal): Promise<void> {
  try {
    await program.serveOff(entry, signal)
  } catch (error) {
    if (!(error instanceof XopcError) || error.code !== 'TAILSCALE_NOT_SERVED') throw error
  }
}
