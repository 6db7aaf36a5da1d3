import type { EnableOptions, Xopc } from '../lib/core/xopc.ts'
import { XopcError } from '../lib/errors/error.ts'
import type { Consent } from '../lib/protocol/consent.ts'
import type { AccessId, AccessState } from '../lib/protocol/http-api.ts'
import { agreeTo } from './agree.ts'
import { countDown } from './count-down.ts'
import { followMethod } from './follow-method.ts'
import { waitingText } from './render/state.ts'
import { watchStates } from './watch-states.ts'

/** How a method is switched on that may wait for a person, or for somebody elsewhere. */
export interface MethodOpening {
  id: AccessId
  /** What has to be agreed to, where strangers may come. */
  agreement: Consent
  options: EnableOptions
  /** `--accept-risk`: the person agrees to strangers. */
  acceptRisk: boolean
  /** `--wait`: until it is on, however long a person takes. */
  wait: boolean
  /** A gateway runs, so there is something to wait for. */
  running: boolean
  /** A person is there who can be asked. */
  interactive: boolean
  /** The terminal shows a line that changes. */
  live: boolean
  columns: number
  signal: AbortSignal
  /** Longest wait without `wait`, ms. */
  longestMs: number
  /** Told each state on the way, also those that pass quickly. */
  onState?: (state: AccessState) => void
}

/** Codes that ask for the agreement. */
const asks: ReadonlySet<string> = new Set(['CONSENT_REQUIRED', 'TUNNEL_CONSENT_REQUIRED'])

/** Switches it on and follows it until it rests; what it is at is on stderr. Throws what the gateway refuses, the code that asks for an agreement where nobody agrees. */
export async function openMethod(xopc: Xopc, opening: MethodOpening): Promise<AccessState> {
  const { id, running, wait, signal, onState } = opening
  const unwatch = running && onState !== undefined ? await watchStates(xopc, id, onState) : () => {}
  const state = await enable(xopc, opening).catch((error: unknown) => {
    unwatch()
    throw error
  })
  if (!running) return state
  let shown = state
  const begin = Date.now()
  const settle = opening.live
    ? countDown(
        (text) => void process.stderr.write(text),
        () => waitingText(shown, Date.now() - begin).slice(0, opening.columns - 1),
      )
    : () => {}
  const bounded = wait ? signal : AbortSignal.any([signal, AbortSignal.timeout(opening.longestMs)])
  try {
    return await followMethod(xopc, id, state, {
      signal: bounded,
      isOver: (next) => isOver(next, wait),
      onState: (next) => (shown = next),
    })
  } finally {
    settle()
    unwatch()
  }
}

/** On counts once it was looked at from outside, too. `untilOn`: neither what waits for a person nor what failed is the end. */
function isOver(state: AccessState, untilOn: boolean): boolean {
  if (state.phase === 'on') return state.verified !== null
  return state.phase !== 'starting' && !untilOn
}

/** What is refused anyway is agreed to by nobody: so the agreement is asked for, and recorded, once it is all that is missing. */
async function enable(xopc: Xopc, { id, options, agreement, interactive, acceptRisk }: MethodOpening): Promise<AccessState> {
  try {
    return await xopc.enable(id, options)
  } catch (error) {
    const isAsked = error instanceof XopcError && asks.has(error.code)
    if (!isAsked || !(acceptRisk || (interactive && (await agreeTo(agreement))))) throw error
    await xopc.consent(id, agreement.version)
    return await xopc.enable(id, options)
  }
}
