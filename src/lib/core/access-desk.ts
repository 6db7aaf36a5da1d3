import type { AccessOptions } from '../access/access-method.ts'
import { toSegments } from '../config/problems.ts'
import type { Config } from '../config/schema.ts'
import { valueAt } from '../config/tree.ts'
import type { ConfigEdits } from '../config/watch.ts'
import { XopcError } from '../errors/error.ts'
import { durationIn } from '../protocol/duration.ts'
import type { AccessId, AccessState } from '../protocol/http-api.ts'
import { cleanText } from '../protocol/outside-text.ts'
import { recordConsent } from './consent.ts'
import { coreErrors } from './errors.ts'
import { accessMethods, definitionOf, editsToEnable, outlived, planFor, rivalOf } from './intents.ts'
import type { LiveParts } from './live-parts.ts'
import { createOpenings, type Openings } from './openings.ts'
import type { Reconciler } from './reconcile.ts'
import { refuseOrigin } from './token.ts'
import type { EnableOptions, Xopc } from './xopc.ts'

/** What a person asks of the ways in, saved or for a time, and told to the reconciler. */
export interface AccessDesk extends Pick<Xopc, 'plan' | 'enable' | 'disable' | 'consent'> {
  /** The configuration in effect, with what is open for a time. */
  effective(): Config
  /** The same for another configuration. */
  over(config: Config): Config
  /** When what is open for a time closes (ISO 8601); null where it is not. */
  closesAt(id: AccessId): string | null
  /** Takes up what was opened for a time before this start. */
  load(): Promise<void>
  /** Ends what is open for a time and was allowed by what has changed since. */
  endOutlived(): Promise<void>
  stop(): void
}

/** What the desk needs. */
export interface AccessDeskParts extends Pick<LiveParts, 'config' | 'state' | 'clock' | 'log' | 'audit'> {
  reconciler(): Pick<Reconciler, 'intend' | 'settled'>
  /** The configuration with what only the running gateway knows. */
  running(config: Config): Config
}

/** `enable` and `disable` answer after at most this long, in milliseconds. */
const SETTLE_MS = 2000
/** The same with `wait`. */
const WAIT_MS = 120_000
/** What gives way to another is closed by then. */
const AWAY_MS = 6000
/** Who reserved something elsewhere confirms by then that it was given back. */
const RELEASE_MS = 10_000

/** Nothing is open for a time before `load`. */
export function createAccessDesk(parts: AccessDeskParts): AccessDesk {
  const { config, state, log, audit } = parts
  const openings: Openings = createOpenings({ ...parts, onEnd: onClosing })

  function effective(): Config {
    return parts.running(openings.over(config.current()))
  }

  async function settled(id: AccessId, ms: number): Promise<AccessState> {
    return await parts.reconciler().settled(id, AbortSignal.timeout(ms))
  }

  async function enable(id: AccessId, options: EnableOptions = {}): Promise<AccessState> {
    const { wait: _, for: time, replace = false, ...asked } = options
    const rival = replace ? rivalOf(id, effective()) : null
    const before = rival === null ? effective() : rival.proposed(effective(), rival.exposure.away())
    const edits = await editsToEnable(id, { config: before, state }, asked)
    refuseOverridden(id, edits)
    if (rival !== null) await putAway(rival)
    const wasIntended = definitionOf(id).intended(effective())
    if (time === undefined) {
      await openings.close(id)
      await config.edit(edits)
    } else await openFor(id, asked, time)
    // What was off follows the configuration already; another look would only come after that.
    const follows = time === undefined && !wasIntended && definitionOf(id).intended(effective())
    if (!follows) parts.reconciler().intend(id, true)
    return await settled(id, options.wait === true ? WAIT_MS : SETTLE_MS)
  }

  /** One goes before the other comes, so that strangers never come by both. */
  async function putAway(rival: NonNullable<ReturnType<typeof rivalOf>>): Promise<void> {
    const edits = rival.exposure.away()
    for (const key of Object.keys(edits)) if (!isOff(valueAt(config.current(), toSegments(key)))) refuseOrigin(config, key)
    await openings.close(rival.id)
    await config.edit(edits)
    parts.reconciler().intend(rival.id, false)
    await settled(rival.id, AWAY_MS)
  }

  /** For a time: nothing is saved. Where just that is on without an end, it gets one: what is saved would open it again. */
  async function openFor(id: AccessId, options: AccessOptions, time: string): Promise<void> {
    const ms = durationIn(time)
    if (ms === null) throw coreErrors.DURATION_INVALID({ text: cleanText(time, 40) })
    const [saved, definition] = [config.current(), definitionOf(id)]
    const isEndless = definition.intended(saved) && definition.proposed(saved, definition.settingsOn(options)) === saved
    if (isEndless) for (const key of Object.keys(definition.settingsOff())) refuseOrigin(config, key)
    await openings.open(id, options, ms)
    if (isEndless) await config.edit(definition.settingsOff())
  }

  /** What was open for a time closes, unless it is asked for without an end, too. */
  function onClosing(id: AccessId): void {
    audit.write('AccessAudit.timeOver', { method: id })
    parts.reconciler().intend(id, definitionOf(id).intended(effective()))
  }

  /** An opening ends with what it was allowed under: a password, for example, that is a short one now, or not asked for any more. */
  async function endOutlived(): Promise<void> {
    const saved = config.current()
    for (const definition of accessMethods) {
      const { id } = definition
      const error = openings.closesAt(id) === null ? null : outlived(definition, saved, openings.over(saved))
      if (error === null) continue
      log.warn(`What was opened for a time is closed: ${error.message}`, { method: id, code: error.code })
      audit.write('AccessAudit.outlived', { method: id, code: error.code })
      // Where that cannot be noted it is closed all the same; the next start looks again.
      await quietly(openings.close(id))
      parts.reconciler().intend(id, definition.intended(effective()))
    }
  }

  /** A flag or variable wins over what would be saved; "on" would then be about something else than was asked. */
  function refuseOverridden(id: AccessId, edits: ConfigEdits): void {
    const now = effective()
    if (definitionOf(id).proposed(now, edits) === now) return
    for (const key of Object.keys(edits)) refuseOrigin(config, key)
  }

  async function disable(id: AccessId, { release = false }: { release?: boolean } = {}): Promise<AccessState> {
    const definition = definitionOf(id)
    const edits = { ...definition.settingsOff(), ...(release ? definition.settingsReleased?.() : {}) }
    parts.reconciler().intend(id, false)
    const unnoted = await quietly(openings.close(id))
    const unsaved = (await quietly(config.edit(edits))) ?? unnoted
    const off = await settled(id, SETTLE_MS)
    if (release && (await definition.release?.(state, AbortSignal.timeout(RELEASE_MS))) === true)
      audit.write('TunnelAudit.released', { method: id })
    if (unsaved === null) return off
    throw coreErrors.OFF_NOT_SAVED({ id, reason: unsaved.message }, { cause: unsaved })
  }

  return {
    plan: async (id, options = {}) => await planFor(id, { config: effective(), state }, options),
    enable,
    disable,
    consent: async (id, version) => await recordConsent(config, id, version),
    effective,
    over: openings.over,
    closesAt: openings.closesAt,
    load: openings.load,
    endOutlived,
    stop: openings.stop,
  }
}

function isOff(value: unknown): boolean {
  return value === false || value === 'off'
}

/** What keeps something from being saved, where it is no reason to stop. */
async function quietly(saving: Promise<unknown>): Promise<XopcError | null> {
  try {
    await saving
    return null
  } catch (error) {
    if (error instanceof XopcError) return error
    throw error
  }
}
