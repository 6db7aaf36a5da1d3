import type { AccessDefinition, AccessOptions, Facts, Plan } from '../access/access-method.ts'
import { accessMethods } from '../access/registry.ts'
import type { Config } from '../config/schema.ts'
import type { ConfigEdits } from '../config/watch.ts'
import { XopcError } from '../errors/error.ts'
import type { AccessId } from '../protocol/http-api.ts'
import { coreErrors } from './errors.ts'

/** Every way in, in the order in which people are told of them. */
export { accessMethods }

/** Looking at the world is bounded by this, in milliseconds. */
const LOOK_MS = 5000

/** What is known of a method. Throws `UNKNOWN_METHOD`. */
export function definitionOf(id: AccessId): AccessDefinition {
  const found = accessMethods.find((definition) => definition.id === id)
  if (found === undefined) throw coreErrors.UNKNOWN_METHOD({ id, known: accessMethods.map((definition) => definition.id).join(', ') })
  return found
}

/** What is true now for a method. Throws what its `inspect` throws. */
export async function look(definition: AccessDefinition): Promise<Facts> {
  return await definition.inspect(AbortSignal.timeout(LOOK_MS))
}

/** The same, or null where looking fails: an overview of the rest is worth more than none. */
export async function lookIfPossible(definition: AccessDefinition): Promise<Facts | null> {
  try {
    return await look(definition)
  } catch (error) {
    if (error instanceof XopcError) return null
    throw error
  }
}

/** What enabling would do. Throws `UNKNOWN_METHOD` and what the method says of the options. */
export async function planFor(id: AccessId, config: Config, options: AccessOptions): Promise<Plan> {
  const definition = definitionOf(id)
  return definition.plan(definition.proposed(config, definition.settingsOn(options)), await look(definition))
}

/** Throws the method's own refusal where edits would switch it on, or change it, in a way that must not be. */
export async function refuseBadEdits(config: Config, edits: ConfigEdits): Promise<void> {
  for (const definition of accessMethods) {
    const next = definition.proposed(config, edits)
    if (next === config || !definition.intended(next)) continue
    await refuse(definition, next)
  }
}

/** The edits that switch a method on. Throws its refusal. */
export async function editsToEnable(id: AccessId, config: Config, options: AccessOptions): Promise<ConfigEdits> {
  const definition = definitionOf(id)
  const edits = definition.settingsOn(options)
  await refuse(definition, definition.proposed(config, edits))
  return edits
}

async function refuse(definition: AccessDefinition, config: Config): Promise<void> {
  const refusal = definition.refusal(config, await look(definition))
  if (refusal !== null) throw refusal
}
