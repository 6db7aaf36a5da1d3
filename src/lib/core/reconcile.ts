import type { AccessMethod } from '../access/access-method.ts'
import type { Config } from '../config/schema.ts'
import type { AccessId, AccessState } from '../protocol/http-api.ts'
import type { Audit } from '../system/audit.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import { type Actor, type ActorTimes, createActor } from './actor.ts'
import { coreErrors } from './errors.ts'

/** What the reconciler needs. */
export interface ReconcilerParts {
  methods: readonly AccessMethod[]
  clock: Clock
  log: Log
  audit: Audit
  times: ActorTimes
  onState(id: AccessId, intended: boolean, state: AccessState): void
}

/** One actor per method; the only thing that switches methods on and off. */
export interface Reconciler {
  /** Intents as the configuration has them, at start. */
  seed(config: Config): void
  /** A changed configuration: an intent follows only where its own setting changed, so that what a command decided stays. */
  follow(before: Config, after: Config): void
  intend(id: AccessId, intended: boolean): void
  poke(id: AccessId): void
  view(id: AccessId): { intended: boolean; state: AccessState }
  /** The state once the method rests, or as far as it came. Throws `UNKNOWN_METHOD`. */
  settled(id: AccessId, signal: AbortSignal): Promise<AccessState>
  /** Takes everything down; intents stay. */
  stop(): Promise<void>
}

/** Starts the actors, each with nothing intended: what nobody asked for is taken down first. */
export function createReconciler(parts: ReconcilerParts): Reconciler {
  const actors = new Map(parts.methods.map((method) => [method.id, { method, actor: startActor(method, parts) }]))

  function actorOf(id: AccessId): Actor {
    const entry = actors.get(id)
    if (entry === undefined) throw coreErrors.UNKNOWN_METHOD({ id, known: [...actors.keys()].join(', ') })
    return entry.actor
  }

  return {
    seed(config) {
      for (const { method, actor } of actors.values()) actor.intend(method.intended(config))
    },
    follow(before, after) {
      for (const { method, actor } of actors.values()) {
        const intended = method.intended(after)
        if (intended === method.intended(before)) actor.poke()
        else actor.intend(intended)
      }
    },
    intend: (id, intended) => actorOf(id).intend(intended),
    poke: (id) => actorOf(id).poke(),
    view(id) {
      const actor = actorOf(id)
      return { intended: actor.intended(), state: actor.state() }
    },
    settled: async (id, signal) => await actorOf(id).settled(signal),
    async stop() {
      await Promise.all([...actors.values()].map(async ({ actor }) => await actor.stop()))
    },
  }
}

function startActor(method: AccessMethod, { clock, log, audit, times, onState }: ReconcilerParts): Actor {
  let audited: AccessState = { phase: 'off' }
  return createActor(method, {
    clock,
    log,
    times,
    onChange(state, intended) {
      const event = auditEvent(audited, state)
      if (event !== null) {
        audited = state
        audit.write(event, { method: method.id, ...auditFields(state) })
      }
      onState(method.id, intended, state)
    },
  })
}

const auditNames = { off: 'disabled', blocked: 'blocked', on: 'enabled', degraded: 'degraded', failed: 'failed' } as const

/** Starting is on the way to something, and a try that fails as the one before it is no news: neither is written. */
function auditEvent(last: AccessState, state: AccessState): `AccessAudit.${string}` | null {
  if (state.phase === 'starting' || JSON.stringify(auditFields(last)) + last.phase === JSON.stringify(auditFields(state)) + state.phase)
    return null
  return `AccessAudit.${state.phase === 'on' && last.phase === 'on' ? 'moved' : auditNames[state.phase]}`
}

function auditFields(state: AccessState): Record<string, unknown> {
  if (state.phase === 'on') return { urls: state.urls }
  if (state.phase === 'degraded') return { urls: state.urls, code: state.error.code }
  if (state.phase === 'failed') return { code: state.error.code }
  return state.phase === 'blocked' ? { code: state.needs.code } : {}
}
