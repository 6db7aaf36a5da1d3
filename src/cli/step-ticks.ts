import type { AccessState } from '../lib/protocol/http-api.ts'
import { cleanText } from '../lib/protocol/outside-text.ts'

const longest = 200
/** Before a method begins; no step of its own. */
const FIRST = 'looking'
/** The sign of a step that ended, and of one at which it stayed. */
const signs = { done: '✓', stuck: '✗' } as const

/** Tells each step of a start once it is over, with the seconds it took; to be told every state. */
export function createStepTicks(say: (line: string) => void, now: () => number = Date.now): (state: AccessState) => void {
  let step: { text: string; since: number } | null = null
  return (state) => {
    const text = state.phase === 'starting' && state.step !== FIRST ? kindOf(state.step) : null
    if (text === step?.text) return
    if (step !== null) {
      const isStuck = state.phase === 'failed' || state.phase === 'blocked'
      say(`  ${isStuck ? signs.stuck : signs.done} ${step.text} (${((now() - step.since) / 1000).toFixed(1)} s)`)
    }
    step = text === null ? null : { text, since: now() }
  }
}

/** A download counts its megabytes, and is one step all the same. */
function kindOf(step: string): string {
  return cleanText(step.split(',')[0] ?? step, longest)
}
