import type { JSX } from 'preact'
import type { AccessState } from '../../lib/protocol/http-api.ts'
import { phaseWords } from '../words.ts'
import { Copyable } from './copy.tsx'
import { Icon, type IconName } from './icon.tsx'
import { Code, Hint } from './problem.tsx'
import { Ago } from './time.tsx'

const icons: Record<AccessState['phase'], IconName> = {
  off: 'off',
  starting: 'clock',
  blocked: 'warn',
  on: 'check',
  degraded: 'warn',
  failed: 'cross',
}

/** The word of a state, with its picture and colour. */
export function PhaseWord({ phase }: Pick<AccessState, 'phase'>): JSX.Element {
  return (
    <span class="state" data-phase={phase}>
      <Icon name={icons[phase]} />
      {phaseWords[phase]}
    </span>
  )
}

/** What a state means: addresses, proof, and what is wrong; with `brief` not what is wrong, which a test beside it says. */
export function StateDetail({ state, brief = false }: { state: AccessState; brief?: boolean }): JSX.Element {
  return (
    <>
      {'urls' in state && state.urls.map((url) => <Address key={url} url={url} />)}
      {state.phase === 'on' && <Proof state={state} />}
      {state.phase === 'starting' && (
        <p>
          {state.step}, begun <Ago at={state.since} />
        </p>
      )}
      {!brief && 'needs' in state && <Told {...state.needs} />}
      {!brief && 'error' in state && <Told {...state.error} />}
      {state.phase === 'degraded' && <p>{state.next}</p>}
      {state.phase === 'blocked' && state.command !== undefined && <Copyable text={state.command} />}
    </>
  )
}

/** An address to copy or to open. */
export function Address({ url }: { url: string }): JSX.Element {
  return (
    <div class="address">
      <Copyable text={url} />
      <a class="button small" href={url} target="_blank" rel="noreferrer noopener" aria-label={`Open ${url}`}>
        <Icon name="open" />
        Open
      </a>
    </div>
  )
}

function Proof({ state: { verified, since } }: { state: Extract<AccessState, { phase: 'on' }> }): JSX.Element {
  if (verified === null)
    return (
      <p class="quiet small">
        On since <Ago at={since} />. Not verified yet.
      </p>
    )
  const from = { self: 'from this computer', outside: 'from outside', device: 'by a device’s own traffic' }[verified.vantage]
  return (
    <p class="quiet small">
      Verified {from} <Ago at={verified.confirmedAt} />, in {verified.ms} ms. On since <Ago at={since} />.
    </p>
  )
}

function Told({ message, hint, code }: { message: string; hint?: string; code: string }): JSX.Element {
  return (
    <>
      <p>{message}</p>
      {hint !== undefined && <Hint text={hint} />}
      <Code code={code} />
    </>
  )
}
