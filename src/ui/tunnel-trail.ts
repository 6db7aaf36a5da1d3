import type { TunnelStatus } from '../lib/protocol/tunnel-api.ts'

/** The steps of a start, in their order. */
export const startPhases = ['preparing_frpc', 'registering', 'starting_frpc', 'verifying'] as const
/** One of them. */
export type StartPhase = (typeof startPhases)[number]

/** A step that a start came to, and when (ISO 8601). */
export interface TrailStep {
  phase: StartPhase
  startedAt: string
}

/** A step with what became of it: `ms` where the page saw it begin and end. */
export interface StartStep {
  phase: StartPhase
  status: 'pass' | 'running' | 'fail' | 'waiting'
  ms?: number
  since?: string
}

/** The gateway says only at which step it is, so what came before is kept here. A start that failed keeps its trail until the next one. Pure. */
export function followed(
  trail: readonly TrailStep[],
  { startProgress, state, frpcPid }: Pick<TunnelStatus, 'startProgress' | 'state' | 'frpcPid'>,
): readonly TrailStep[] {
  if (startProgress === null) return state === 'disconnected' || (state === 'connecting' && frpcPid === null) ? [] : trail
  const { phase, startedAt } = startProgress
  if (phase === 'reconnecting_frpc') return []
  return [...trail.filter((step) => isBefore(step.phase, phase)), { phase, startedAt }]
}

/** The step that a failure is told under: an error that says by itself where it belongs, else the last one; null where it is of no step. Pure. */
export function failedAt(code: string, trail: readonly TrailStep[]): StartPhase | null {
  return places.find(([pattern]) => pattern.test(code))?.[1] ?? trail.at(-1)?.phase ?? null
}

// The broker is asked while frpc is got ready, so the step that runs does not tell.
const places: readonly [RegExp, StartPhase][] = [
  [/^TUNNEL_(BROKER_|SECRET_|CLOCK_|SUBDOMAIN_|IDENTITY_)/, 'registering'],
  [/^FRPC_/, 'preparing_frpc'],
  [/^TUNNEL_(SERVER|FRPC)_/, 'starting_frpc'],
]

/** What became of each step where it is at `at`. Pure. */
export function startSteps(trail: readonly TrailStep[], at: StartPhase, status: 'running' | 'fail' | 'pass'): StartStep[] {
  return startPhases.map((phase) => {
    if (phase === at) return { phase, status, ...since(trail, phase) }
    return isBefore(phase, at) ? { phase, status: 'pass', ...took(trail, phase) } : { phase, status: 'waiting' }
  })
}

function isBefore(phase: StartPhase, other: StartPhase): boolean {
  return startPhases.indexOf(phase) < startPhases.indexOf(other)
}

function since(trail: readonly TrailStep[], phase: StartPhase): { since?: string } {
  const step = trail.find((each) => each.phase === phase)
  return step === undefined ? {} : { since: step.startedAt }
}

function took(trail: readonly TrailStep[], phase: StartPhase): { ms?: number } {
  const index = trail.findIndex((step) => step.phase === phase)
  const [step, next] = [trail[index], trail[index + 1]]
  return step === undefined || next === undefined ? {} : { ms: Date.parse(next.startedAt) - Date.parse(step.startedAt) }
}
