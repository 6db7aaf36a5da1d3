import type { AccessDefinition, AccessOptions, Exposure, Facts, Plan, Prefetched } from '../access/access-method.ts'
import { accessMethods } from '../access/registry.ts'
import { configErrors } from '../config/errors.ts'
import { brokenRule } from '../config/rules.ts'
import type { Config } from '../config/schema.ts'
import type { ConfigEdits } from '../config/watch.ts'
import { XopcError } from '../errors/error.ts'
import type { AccessId } from '../protocol/http-api.ts'
import type { State } from '../state/store.ts'
import { coreErrors } from './errors.ts'

/** Every way in, in the order in which people are told of them. */
export { accessMethods }

/** Looking at the world is bounded by this, in milliseconds. */
const LOOK_MS = 5000
/** Fetching a program may take so long, in milliseconds. */
const PREFETCH_MS = 600_000

/** What is known of a method. Throws `UNKNOWN_METHOD`. */
export function definitionOf(id: AccessId): AccessDefinition {
  const found = accessMethods.find((definition) => definition.id === id)
  if (found === undefined) throw coreErrors.UNKNOWN_METHOD({ id, known: accessMethods.map((definition) => definition.id).join(', ') })
  return found
}

/** What is true now for a method. Throws `METHOD_TIMEOUT`, and what its `inspect` throws. */
export async function look(definition: AccessDefinition, state: State, ms = LOOK_MS): Promise<Facts> {
  const limit = AbortSignal.timeout(ms)
  try {
    return await definition.inspect(limit, state)
  } catch (error) {
    throw limit.aborted ? coreErrors.METHOD_TIMEOUT({ id: definition.id, seconds: Math.ceil(ms / 1000) }, { cause: error }) : error
  }
}

/** The same, or null where looking fails: an overview of the rest is worth more than none. */
export async function lookIfPossible(definition: AccessDefinition, state: State, ms = LOOK_MS): Promise<Facts | null> {
  try {
    return await look(definition, state, ms)
  } catch (error) {
    if (error instanceof XopcError) return null
    throw error
  }
}

/** What enabling would do; `replace`: in place of what is open and may not be beside it. Throws `UNKNOWN_METHOD` and what the method says of the options. */
export async function planFor(id: AccessId, { config, state }: Situation, { replace = false, ...options }: PlanOptions): Promise<Plan> {
  const definition = definitionOf(id)
  const rival = rivalOf(id, config)
  const before = rival !== null && replace ? rival.proposed(config, rival.exposure.away()) : config
  const next = definition.proposed(before, definition.settingsOn(options))
  const plan = definition.plan(next, await look(definition, state))
  const conflict = rivalOf(id, before) === null ? null : conflictWith(definition, config)
  const astray = await secretAstray(definition, { config: before, state }, next)
  const refused = conflict ?? astray ?? (plan.refusal === undefined ? brokenRule(before, next) : null)
  if (refused !== null) return { steps: [], refusal: refused.info() }
  if (rival === null || plan.refusal !== undefined) return plan
  return { steps: [{ title: `close ${rival.exposure.name(config)}` }, ...plan.steps] }
}

/** Fetches what a method needs. Throws what keeps that from being used. */
export async function prefetchOf(id: AccessId, state: State): Promise<Prefetched> {
  const prefetched = await definitionOf(id).prefetch?.(state, AbortSignal.timeout(PREFETCH_MS))
  if (prefetched === undefined) throw new Error(`${id} needs nothing that could be fetched`)
  return prefetched
}

/** What a plan is asked for with. */
export interface PlanOptions extends AccessOptions {
  replace?: boolean
}

/** What an intent is judged by. */
export interface Situation {
  config: Config
  state: State
}

/** Throws the method's own refusal where edits would switch it on, or change it, in a way that must not be. */
export async function refuseBadEdits({ config, state }: Situation, edits: ConfigEdits): Promise<void> {
  for (const definition of accessMethods) {
    const next = definition.proposed(config, edits)
    if (next === config) continue
    refuseBeside(definition, config, next)
    const unready = (await definition.unready?.(config, edits, state)) ?? null
    if (unready !== null) throw unready
    if (definition.intended(next)) await refuse(definition, { config, state }, next)
  }
}

/** Another way to the outside, of which one at a time is open, and which a configuration asks for; null where there is none. Pure. */
export function rivalOf(id: AccessId, config: Config): (AccessDefinition & { exposure: Exposure }) | null {
  if (definitionOf(id).exposure === undefined) return null
  return accessMethods.filter(isExposure).find((other) => other.id !== id && other.exposure.wanted(config)) ?? null
}

function isExposure(definition: AccessDefinition): definition is AccessDefinition & { exposure: Exposure } {
  return definition.exposure !== undefined
}

/** Throws `EXPOSURE_CONFLICT` where edits ask for a method that was not asked for, beside another one. */
function refuseBeside(definition: AccessDefinition, config: Config, next: Config): void {
  const { exposure } = definition
  const isNew = exposure?.wanted(config) === false && exposure.wanted(next)
  const conflict = isNew ? conflictWith(definition, next) : null
  if (conflict !== null) throw conflict
}

/** That a configuration asks for another way to the outside, as an error; null where it does not. */
function conflictWith({ id, exposure }: AccessDefinition, config: Config): XopcError | null {
  const rival = rivalOf(id, config)
  if (exposure === undefined || rival === null) return null
  const first = rival.exposure.name(config)
  return configErrors.EXPOSURE_CONFLICT({ first, off: rival.exposure.off(config), command: exposure.replace })
}

/** The edits that switch a method on. Throws its refusal, and what a rule between settings says. */
export async function editsToEnable(id: AccessId, { config, state }: Situation, options: AccessOptions): Promise<ConfigEdits> {
  const definition = definitionOf(id)
  const edits = definition.settingsOn(options)
  // Also where a file asks for both: then neither is open.
  const conflict = conflictWith(definition, config)
  if (conflict !== null) throw conflict
  const next = definition.proposed(config, edits)
  const astray = await secretAstray(definition, { config, state }, next)
  if (astray !== null) throw astray
  await refuse(definition, { config, state }, next)
  return edits
}

/** `CONFIG_SECRET_NEEDED` where switching it on would show a secret to somebody it was not given for; or null. */
async function secretAstray({ wrongReceiver }: AccessDefinition, { config, state }: Situation, next: Config): Promise<XopcError | null> {
  const astray = (await wrongReceiver?.(config, next, state)) ?? null
  return astray === null ? null : configErrors.CONFIG_SECRET_NEEDED(astray)
}

/** Why what is open for a time must not be so any more: the file changed since, and was judged without it. Null where it may. Pure. */
export function outlived(definition: AccessDefinition, saved: Config, open: Config): XopcError | null {
  return definition.refusal(open, null) ?? brokenRule(saved, open)
}

async function refuse(definition: AccessDefinition, { config, state }: Situation, next: Config): Promise<void> {
  // What cannot be looked at is no reason to refuse: the method itself says later what it waits for.
  const facts = await lookIfPossible(definition, state)
  // Agreeing comes last: nobody should agree to what is refused anyway.
  const refusal = definition.refusal(next, facts) ?? brokenRule(config, next) ?? definition.consent?.missing(next) ?? null
  if (refusal !== null) throw refusal
}
