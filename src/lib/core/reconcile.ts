import type { AccessMethod } from '../access/access-method.ts'
import type { Config } from '../config/schema.ts'
import type { AccessId, AccessState } from '../protocol/http-api.ts'
import type { Audit } from '../system/audit.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import { type Actor, type ActorTimes, createActor } from './actor.ts'
import { coreErrors } from './errors.ts'
import { createVerifier, shownState, type Verifier, type VerifierParts } from './verify.ts'

/** What the reconciler needs. */
export interface ReconcilerParts {
  methods: readonly AccessMethod[]
  clock: Clock
  log: Log
  audit: Audit
  times: ActorTimes
  verify: Pick<VerifierParts, 'probe' | 'times' | 'network'>
  onState(id: AccessId, intended: boolean, state: AccessState): void
}

/** One actor per method, the only thing that switches it on and off, and beside it one that looks whether it works. */
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
  const kept = new Map(parts.methods.map((method) => [method.id, { method, ...keep(method, parts) }]))

  function of(id: AccessId) {
    const entry = kept.get(id)
    if (entry === undefined) throw coreErrors.UNKNOWN_METHOD({ id, known: [...kept.keys()].join(', ') })
    return entry
  }

  return {
    seed(config) {
      for (const { method, actor } of kept.values()) actor.intend(method.intended(config))
    },
    follow(before, after) {
      for (const { method, actor, verifier } of kept.values()) {
        const intended = method.intended(after)
        verifier.again()
        if (intended === method.intended(before)) actor.poke()
        // A command may have decided the same before it was saved.
        else if (actor.intended() !== intended) ask(method, actor, intended)
      }
    },
    intend(id, intended) {
      const { method, actor, verifier } = of(id)
      // Asked for once more is a wish to see it work now.
      if (intended) verifier.again()
      ask(method, actor, intended)
    },
    poke: (id) => of(id).actor.poke(),
    view(id) {
      const { actor, verifier } = of(id)
      return { intended: actor.intended(), state: shownState(actor.state(), verifier.view()) }
    },
    async settled(id, signal) {
      const { actor, verifier } = of(id)
      const state = await actor.settled(signal)
      if (state.phase === 'on') await verifier.settled(signal)
      return shownState(actor.state(), verifier.view())
    },
    async stop() {
      await Promise.all([...kept.values()].map(async ({ actor, verifier }) => await Promise.all([verifier.stop(), actor.stop()])))
    },
  }
}

/** What a person wants is told to the method first, for some of it counts only then. */
function ask(method: AccessMethod, actor: Actor, intended: boolean): void {
  method.asked?.(intended)
  actor.intend(intended)
}

/** What one method says of itself and what is seen of it from outside become one state, which is told only where it changed. */
function keep(method: AccessMethod, parts: ReconcilerParts): { actor: Actor; verifier: Verifier } {
  const { clock, times, audit, onState } = parts
  const log = parts.log.child({ method: method.id })
  let told = ''
  let audited: AccessState = { phase: 'off' }
  const verifier = createVerifier({
    ...parts.verify,
    clock,
    log,
    lookFromOutside: method.lookFromOutside,
    onFault: method.unverified,
    onChange: () => tell(actor.state(), actor.intended()),
  })
  const actor = createActor(method, {
    clock,
    log: parts.log,
    times,
    onChange(state, intended) {
      verifier.watch(state.phase === 'on' ? (state.urls[0] ?? null) : null)
      tell(state, intended)
    },
  })
  return { actor, verifier }

  function tell(own: AccessState, intended: boolean): void {
    const state = shownState(own, verifier.view())
    const text = JSON.stringify([state, intended])
    if (text === told) return
    told = text
    note(state)
    onState(method.id, intended, state)
  }

  function note(state: AccessState): void {
    const event = auditEvent(audited, state)
    if (event === null) return
    audited = state
    audit.write(event, { method: method.id, ...auditFields(state) })
  }
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
