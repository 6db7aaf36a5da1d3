import type { EnableOptions, Xopc } from '../lib/core/xopc.ts'
import { XopcError } from '../lib/errors/error.ts'
import { funnelConsent } from '../lib/protocol/consent.ts'
import type { AccessState } from '../lib/protocol/http-api.ts'
import { agreeTo } from './agree.ts'
import { countDown } from './count-down.ts'
import { followMethod } from './follow-method.ts'
import { waitingText } from './render/tailscale.ts'

/** How Tailscale is switched on. */
export interface TailscaleOpening {
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
}

/** Longer than a certificate takes on a bad day, ms. */
const LONGEST_MS = 120_000

/** Switches it on and follows it until it rests; the steps are on stderr. Throws what the gateway refuses, `CONSENT_REQUIRED` where nobody agrees. */
export async function openTailscale(xopc: Xopc, opening: TailscaleOpening): Promise<AccessState> {
  const { options, running, wait, signal } = opening
  const state = await enable(xopc, options, opening)
  if (!running) return state
  let shown = state
  const begin = Date.now()
  const settle = opening.live
    ? countDown(
        (text) => void process.stderr.write(text),
        () => waitingText(shown, Date.now() - begin).slice(0, opening.columns - 1),
      )
    : () => {}
  const bounded = wait ? signal : AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)])
  try {
    return await followMethod(xopc, 'tailscale', state, {
      signal: bounded,
      isOver: (next) => isOver(next, wait),
      onState: (next) => (shown = next),
    })
  } finally {
    settle()
  }
}

/** On counts once it was looked at from outside, too. `untilOn`: neither what waits for a person nor what failed is the end. */
function isOver(state: AccessState, untilOn: boolean): boolean {
  if (state.phase === 'on') return state.verified !== null
  return state.phase !== 'starting' && !untilOn
}

/** What is refused anyway is agreed to by nobody: so the agreement is asked for, and recorded, once it is all that is missing. */
async function enable(xopc: Xopc, options: EnableOptions, { interactive, acceptRisk }: TailscaleOpening): Promise<AccessState> {
  try {
    return await xopc.enable('tailscale', options)
  } catch (error) {
    const asks = error instanceof XopcError && error.code === 'CONSENT_REQUIRED'
    if (!asks || !(acceptRisk || (interactive && (await agreeTo(funnelConsent))))) throw error
    await xopc.consent('tailscale', funnelConsent.version)
    return await xopc.enable('tailscale', options)
  }
}
