import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import type { ErrorInfo } from '../../lib/errors/error.ts'
import type { AccessState } from '../../lib/protocol/http-api.ts'
import type { TunnelStatus } from '../../lib/protocol/tunnel-api.ts'
import { useHouse } from '../context.ts'
import { StateDetail } from '../parts/method-state.tsx'
import { Code, Hint } from '../parts/problem.tsx'
import { type Step, Steps } from '../parts/steps.tsx'
import { useNow } from '../parts/time.tsx'
import type { TunnelSight } from '../tunnel-status.ts'
import { failedAt, type StartPhase, startPhases, startSteps } from '../tunnel-trail.ts'
import { brokerHost } from '../words.ts'
import { leadTo } from './tunnel-lead.tsx'

/** Why it is not open, and when that is tried again (ISO 8601). */
interface Fault {
  error: ErrorInfo
  at: StartPhase | null
  retryAt: string | null
}

/** A start step by step, and under the step at which it stayed why, and what to do. */
export function TunnelProgress({ state, sight: { status, trail } }: { state: AccessState; sight: TunnelSight }): JSX.Element | null {
  const fault = useFault(state, trail)
  if (state.phase === 'failed' || state.phase === 'blocked') {
    if (fault === null || fault.at === null) return fault && <Trouble {...fault} />
    return <Steps steps={stepsOf(status, startSteps(trail, fault.at, 'fail'), fault)} />
  }
  if (state.phase !== 'starting') return null
  // A connection that comes back by itself takes none of these steps.
  if (trail.length === 0 && status.frpcPid !== null) return <StateDetail state={state} />
  const at = trail.at(-1)?.phase ?? startPhases[0]
  return <Steps steps={stepsOf(status, startSteps(trail, at, status.state === 'connected' ? 'pass' : 'running'), fault)} />
}

/** What failed stays to be read while it is tried again, up to the step at which it stayed. */
function useFault(state: AccessState, trail: TunnelSight['trail']): Fault | null {
  const last = useRef<Fault | null>(null)
  if (state.phase === 'blocked') last.current = { error: state.needs, at: failedAt(state.needs.code, trail), retryAt: null }
  else if (state.phase === 'failed')
    last.current = { error: state.error, at: failedAt(state.error.code, trail), retryAt: state.retryAt ?? null }
  else if (state.phase !== 'starting') last.current = null
  return last.current
}

function stepsOf(status: TunnelStatus, steps: ReturnType<typeof startSteps>, fault: Fault | null): Step[] {
  return steps.map(({ phase, ...step }) => ({
    title: titleOf(phase, status),
    ...step,
    ...(step.status === 'running' ? doing(phase, status) : {}),
    ...(fault !== null && fault.at === phase && step.status !== 'pass' ? { below: <Trouble {...fault} /> } : {}),
  }))
}

function titleOf(phase: StartPhase, { config }: TunnelStatus): string {
  return {
    preparing_frpc: 'Get frpc ready, the program that holds the tunnel',
    registering: `Register with ${brokerHost(config.brokerUrl)}`,
    starting_frpc: 'Connect',
    verifying: 'Visit the public address',
  }[phase]
}

/** What is said while a step runs that takes its time. */
function doing(phase: StartPhase, { frpcDownload }: TunnelStatus): { detail?: string } {
  if (phase === 'verifying') return { detail: 'The first certificate of an address takes 1 to 3 minutes.' }
  return phase === 'preparing_frpc' && frpcDownload !== null ? { detail: downloadText(frpcDownload) } : {}
}

const MEGABYTE = 1_000_000

function downloadText({ phase, bytesReceived, totalBytes }: NonNullable<TunnelStatus['frpcDownload']>): string {
  if (phase !== 'downloading') return `${phase} …`
  const of = totalBytes === null ? '' : ` of ${(totalBytes / MEGABYTE).toFixed(1)}`
  return `Downloading, ${(bytesReceived / MEGABYTE).toFixed(1)}${of} MB`
}

function Trouble({ error: { code, message, hint }, retryAt }: Fault): JSX.Element {
  const { admin } = useHouse()
  return (
    <div class="needs">
      <p>{message}</p>
      {hint !== undefined && <Hint text={hint} button={admin ? leadTo(code) : null} />}
      {retryAt !== null && <Again at={retryAt} />}
      <Code code={code} />
    </div>
  )
}

function Again({ at }: { at: string }): JSX.Element {
  const seconds = Math.ceil((Date.parse(at) - useNow()) / 1000)
  return <p class="quiet small number">{seconds > 0 ? `Tried again in ${seconds} s.` : 'Tried again now.'}</p>
}
