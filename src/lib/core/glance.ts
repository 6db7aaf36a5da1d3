import type { AccessDefinition, Facts } from '../access/access-method.ts'
import type { AccessId } from '../protocol/http-api.ts'
import type { State } from '../state/store.ts'
import { lookIfPossible } from './intents.ts'

/** What is known of a method at a glance; null where looking fails, or takes too long for an overview. */
export type Glance = (definition: AccessDefinition) => Promise<Facts | null>

/** So long an overview waits for one method, milliseconds: a program whose service does not run takes seconds to say so. */
const GLANCE_MS = 700
/** What could not be seen in that time is not looked at again for a while. */
const REST_MS = 30_000

/** Looks for overviews. */
export function createGlance(state: State): Glance {
  const resting = new Map<AccessId, number>()
  return async (definition) => {
    const { id } = definition
    const start = performance.now()
    if (start < (resting.get(id) ?? -Infinity)) return null
    const facts = await lookIfPossible(definition, state, GLANCE_MS)
    const end = performance.now()
    if (facts === null && end - start >= GLANCE_MS) resting.set(id, end + REST_MS)
    return facts
  }
}
