import type { JSX } from 'preact'
import type { ErrorInfo } from '../../lib/errors/error.ts'
import type { AccessState } from '../../lib/protocol/http-api.ts'
import { useHouse } from '../context.ts'
import { directiveIn } from '../hint.ts'
import { repairOf } from '../repair.ts'
import { momentText, phaseWords, sentence } from '../words.ts'
import { Button, useWork } from './action.tsx'
import { Copyable } from './copy.tsx'
import { Icon, type IconName } from './icon.tsx'
import { Code, Hint, Problem } from './problem.tsx'
import { Steps } from './steps.tsx'
import { Ago, useNow } from './time.tsx'

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

/** What a state means: addresses, proof, what is wrong, and when it ends; with `brief` not what is wrong, which a test beside it says. `limits`: what the proof does not prove. */
export function StateDetail(given: { state: AccessState; closesAt?: string | undefined; brief?: boolean; limits?: string }): JSX.Element {
  const { state, closesAt, brief = false, limits = '' } = given
  return (
    <>
      {'urls' in state && state.urls.map((url) => <Address key={url} url={url} />)}
      {state.phase === 'on' && <Proof state={state} limits={limits} />}
      {state.phase === 'starting' && <Steps steps={[{ title: sentence(state.step), status: 'running', since: state.since }]} />}
      {state.phase === 'blocked' && <Needs state={state} closesAt={closesAt} />}
      {!brief && 'error' in state && <Told {...state.error} />}
      {state.phase === 'degraded' && <p>{sentence(state.next)}</p>}
      {closesAt !== undefined && <Closes at={closesAt} />}
    </>
  )
}

/** The one thing that only a person can do: a page to open, a button, or what to type. */
function Needs(given: { state: Extract<AccessState, { phase: 'blocked' }>; closesAt?: string | undefined }): JSX.Element {
  const { state, closesAt } = given
  const { needs, url, command } = state
  const { gateway, admin } = useHouse()
  const work = useWork()
  const said = directiveIn(needs.hint)?.command
  const { act, words } = (admin ? repairOf(said, closesAt) : null) ?? {}
  const button = act !== undefined && words !== undefined && (
    <p>
      <Button work={work} act={() => gateway.change(act(gateway.client))}>
        {words}
      </Button>
    </p>
  )
  const page = url !== undefined && <Address url={url} />
  return (
    <div class="needs">
      <p>{needs.message}</p>
      {needs.hint === undefined ? (
        page
      ) : (
        <Hint text={needs.hint} button={button || null}>
          {page}
        </Hint>
      )}
      {command !== undefined && command !== said && <Copyable text={command} />}
      <Problem error={work.error} />
      <Code code={needs.code} />
    </div>
  )
}

/** When it ends by itself. */
export function Closes({ at }: { at: string }): JSX.Element {
  const now = useNow()
  return (
    <p class="small">
      Closes by itself at <time dateTime={at}>{momentText(at, now)}</time>.
    </p>
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

function Proof({ state: { verified, since }, limits }: { state: Extract<AccessState, { phase: 'on' }>; limits: string }): JSX.Element {
  if (verified === null)
    return (
      <p class="quiet small">
        On since <Ago at={since} />. Not verified yet.
      </p>
    )
  const { outside, confirmedAt, ms, vantage } = verified
  // What somebody else saw has a time of its own; the rest was seen from here.
  const from = outside !== undefined || vantage === 'self' ? 'from this computer' : outsiders[vantage]
  return (
    <>
      <p class="quiet small">
        Verified {from} <Ago at={confirmedAt} />, in {ms} ms
        {outside?.ok === true && (
          <>
            , and from outside by {outside.by} <Ago at={outside.at} />, in {outside.ms} ms
          </>
        )}
        . On since <Ago at={since} />.{outside === undefined && ` ${limits}`}
      </p>
      {outside?.ok === false && (
        <p class="warned">
          <Icon name="warn" /> From outside, {outside.by} met something else <Ago at={outside.at} />: {outside.message}
        </p>
      )}
    </>
  )
}

const outsiders = { outside: 'from outside', device: 'by a device’s own traffic' } as const

function Told({ message, hint, code }: ErrorInfo): JSX.Element {
  return (
    <>
      <p>{message}</p>
      {hint !== undefined && <Hint text={hint} />}
      <Code code={code} />
    </>
  )
}
