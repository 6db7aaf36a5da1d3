import type { AccessDefinition, Facts } from '../access/access-method.ts'
import type { AccessId } from '../protocol/http-api.ts'
import type { State } from '../state/store.ts'
import { lookIfPossible } from './intents.ts'

/** What is known of a method at a glance; null where looking fails, or takes too long for an overview. */
export type Glance = (definition: AccessDefinition) => Promise<Facts | null>

/** So long an overview waits for one method, milliseconds: a program whose service does not run takes seconds to say so. */
const GLANCE_MS = 700
/** What took longer than this is not asked again for a while. */
const SLOW_MS = 300
const REST_MS = 30_000

/** Looks for overviews. */
export function createGlance(state: State): Glance {
  const resting = new Map<AccessId, { facts: Facts | null; until: number }>()
  return async (definition) => {
    const known = resting.get(definition.id)
    const start = performance.now()
    if (known !== undefined && start < known.until) return known.facts
    const facts = await lookIfPossible(definition, state, GLANCE_MS)
    const end = performance.now()
    if (end - start > SLOW_MS) resting.set(definition.id, { facts, until: end + REST_MS })
    return facts
  }
}
