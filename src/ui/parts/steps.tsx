import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Fix, Stage, Verdict } from '../../lib/protocol/http-api.ts'
import { stageNames } from '../../lib/protocol/http-api.ts'
import { Copyable } from './copy.tsx'
import { Icon, type IconName } from './icon.tsx'
import { Code, Hint } from './problem.tsx'
import { useNow } from './time.tsx'

/** One step of something that takes a while. */
export interface Step {
  title: string
  status: Stage['status'] | 'running' | 'waiting'
  ms?: number
  /** When it began (ISO 8601), where it runs; else when it is first seen. */
  since?: string
  detail?: string
  fix?: Fix | undefined
  code?: string | undefined
  /** What else stands under it. */
  below?: ComponentChildren
}

const stageTitles: Record<Stage['stage'], string> = {
  dns: 'Name',
  tcp: 'Connection',
  tls: 'Certificate',
  http: 'HTTP',
  identity: 'This gateway answers',
  auth: 'Credentials arrive',
  sse: 'Events stream',
  websocket: 'WebSocket',
  headers: 'Headers',
}

const marks: Record<Step['status'], { icon: IconName; word: string }> = {
  pass: { icon: 'check', word: 'passed' },
  warn: { icon: 'warn', word: 'passed, with a remark' },
  fail: { icon: 'cross', word: 'failed' },
  skip: { icon: 'skip', word: 'not looked at' },
  running: { icon: 'clock', word: 'running' },
  waiting: { icon: 'dot', word: 'to come' },
}

/** The stages of a test as steps: what ended, what runs, what is to come. Pure. */
export function stepsOf(ended: readonly Stage[], running: boolean): Step[] {
  const next = stageNames.find((name) => !ended.some(({ stage }) => stage === name))
  return stageNames.map((name) => {
    const stage = ended.find((each) => each.stage === name)
    if (stage === undefined) return { title: stageTitles[name], status: running && name === next ? 'running' : 'waiting' }
    return { title: stageTitles[name], ...stage }
  })
}

/** A list of steps that tick. */
export function Steps({ steps }: { steps: readonly Step[] }): JSX.Element {
  return (
    <ol class="steps">
      {steps.map((step) => (
        <StepRow key={step.title} step={step} />
      ))}
    </ol>
  )
}

function StepRow({ step }: { step: Step }): JSX.Element {
  const { title, status, ms, since, detail, fix, code, below } = step
  const { icon, word } = marks[status]
  const shown = status === 'fail' || status === 'warn'
  return (
    <li data-status={status}>
      <div class="step">
        <Icon name={icon} />
        <span class="step-title">
          {title} <span class="sr">{word}</span>
        </span>
        <span class="quiet small number">
          {status === 'running' ? <Seconds from={since} /> : status === 'skip' || ms === undefined ? '' : tookText(ms)}
        </span>
      </div>
      {detail !== undefined && status !== 'skip' && <p class="small quiet detail">{detail}</p>}
      {shown && fix !== undefined && <FixBlock fix={fix} />}
      {shown && code !== undefined && <Code code={code} />}
      {below !== undefined && <div class="fix">{below}</div>}
    </li>
  )
}

/** Milliseconds, or seconds where those would be many. Pure. */
function tookText(ms: number): string {
  return ms < 10_000 ? `${ms} ms` : `${Math.round(ms / 1000)} s`
}

/** Seconds since then, or since it appeared. */
function Seconds({ from }: { from?: string | undefined }): JSX.Element {
  const now = useNow()
  const [appeared] = useState(now)
  const since = from === undefined ? appeared : Date.parse(from)
  return <>{Math.max(0, Math.round((now - since) / 1000))} s</>
}

/** What mends it: lines to write and what to type, each to be copied. */
export function FixBlock({ fix: { title, snippet, command } }: { fix: Fix }): JSX.Element {
  return (
    <div class="fix">
      {/* What the words end with is not said twice. */}
      {command === undefined ? <Hint text={title} /> : <p>{title.endsWith(command) ? title.slice(0, -command.length) : title}</p>}
      {snippet !== undefined && <Copyable text={snippet} label="the lines to write" block />}
      {command !== undefined && <Copyable text={command} />}
    </div>
  )
}

/** What a test came to, in one line. */
export function VerdictLine({ verdict }: { verdict: Verdict }): JSX.Element {
  const time = verdict.latencyMs === null ? '' : ` One round trip takes ${verdict.latencyMs} ms.`
  if (verdict.ok)
    return (
      <p class="good strong">
        <Icon name="check" /> {verdict.url} leads to this gateway.{time} Seen from this computer, so not whether it works over cellular.
      </p>
    )
  // The step that failed says why and what to do.
  const failed = verdict.stages.find(({ status, code }) => status === 'fail' && code === verdict.code)
  if (failed !== undefined)
    return (
      <p class="bad strong">
        <Icon name="cross" /> {verdict.url} failed at “{stageTitles[failed.stage]}”.
      </p>
    )
  return (
    <div class="notice bad">
      <p>{verdict.message}</p>
      {verdict.hint !== undefined && <Hint text={verdict.hint} />}
      <Code code={verdict.code} />
    </div>
  )
}
