import type { AccessOptions } from '../access/access-method.ts'
import type { Config } from '../config/schema.ts'
import { XopcError } from '../errors/error.ts'
import type { AccessId } from '../protocol/http-api.ts'
import { noteExposures, type Opening, readExposures } from '../state/exposures.ts'
import type { State } from '../state/store.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import { accessMethods } from './intents.ts'

/** Ways in that were opened for a time: noted outside of the configuration, so that they end with their deadline and survive a restart until then. */
export interface Openings {
  /** Takes up what was opened before this start and is not over. Where that cannot be read, nothing is, and the log says so. */
  load(): Promise<void>
  /** Notes it; another deadline of the same method counts no longer. Throws what noting throws; then nothing is open. */
  open(id: AccessId, options: AccessOptions, ms: number): Promise<void>
  /** Forgets it, if there was one. */
  close(id: AccessId): Promise<void>
  /** ISO 8601; null where it is not open for a time. */
  closesAt(id: AccessId): string | null
  /** The configuration with what is open for a time. The same object where nothing is. */
  over(config: Config): Config
  stop(): void
}

/** What openings need. */
export interface OpeningsParts {
  state: State
  clock: Clock
  log: Log
  /** A deadline is over; it is forgotten by then. */
  onEnd(id: AccessId): void
}

/** None are open before `load`. */
export function createOpenings({ state, clock, log, onEnd }: OpeningsParts): Openings {
  const open = new Map<AccessId, { opening: Opening; timer: AbortController }>()

  function watch(id: AccessId, opening: Opening): void {
    drop(id)
    const timer = new AbortController()
    open.set(id, { opening, timer })
    const left = Math.max(0, Date.parse(opening.until) - clock.now())
    clock
      .sleep(left, timer.signal)
      .then(async () => {
        await close(id)
        onEnd(id)
      })
      .catch((error: unknown) => {
        if (!timer.signal.aborted) log.error('the end of an opening could not be noted', { id, error: String(error) })
      })
  }

  async function noted(): Promise<Readonly<Record<string, Opening>>> {
    try {
      return (await readExposures(state)).openings
    } catch (error) {
      if (!(error instanceof XopcError)) throw error
      log.warn(error.message, { code: error.code })
      return {}
    }
  }

  function drop(id: AccessId): void {
    open.get(id)?.timer.abort()
    open.delete(id)
  }

  async function save(): Promise<void> {
    await noteExposures(state, { openings: Object.fromEntries([...open].map(([id, { opening }]) => [id, opening])) })
  }

  async function close(id: AccessId): Promise<void> {
    if (!open.has(id)) return
    drop(id)
    await save()
  }

  return {
    async load() {
      const openings = await noted()
      for (const { id } of accessMethods) {
        const opening = openings[id]
        if (opening !== undefined && Date.parse(opening.until) > clock.now()) watch(id, opening)
      }
      if (Object.keys(openings).length !== open.size) await save()
    },
    async open(id, options, ms) {
      watch(id, { options: { ...options }, until: new Date(clock.now() + ms).toISOString() })
      await save().catch((error: unknown) => {
        drop(id)
        throw error
      })
    },
    close,
    closesAt: (id) => open.get(id)?.opening.until ?? null,
    over: (config) =>
      accessMethods.reduce((now, definition) => {
        const opening = open.get(definition.id)?.opening
        // What was noted is what `enable` was told; a method takes from it what it knows.
        return opening === undefined ? now : definition.proposed(now, definition.settingsOn(opening.options))
      }, config),
    stop: () => [...open.keys()].forEach(drop),
  }
}

/** The same for a gateway that does not run: its next start does not take it up again. Throws what noting throws. */
export async function forgetOpening(state: State, id: AccessId): Promise<void> {
  const { [id]: opening, ...others } = (await readExposures(state)).openings
  if (opening !== undefined) await noteExposures(state, { openings: others })
}
