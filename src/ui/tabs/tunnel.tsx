import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { tunnelConsent } from '../../lib/protocol/consent.ts'
import type { AccessState, MethodView } from '../../lib/protocol/http-api.ts'
import type { TunnelStatus } from '../../lib/protocol/tunnel-api.ts'
import { useHouse, useSight } from '../context.ts'
import { Copyable } from '../parts/copy.tsx'
import { Icon } from '../parts/icon.tsx'
import { Closes, PhaseWord, StateDetail } from '../parts/method-state.tsx'
import { Code, Hint, Problem } from '../parts/problem.tsx'
import { StagedTest } from '../parts/staged-test.tsx'
import { TurnOff } from '../parts/turn-off.tsx'
import { type TunnelSight, useTunnel } from '../tunnel-status.ts'
import { brokerHost } from '../words.ts'
import { isForThisComputer, TunnelPairing } from './tunnel-pairing.tsx'
import { TunnelAdvanced } from './tunnel-advanced.tsx'
import { TunnelProgress } from './tunnel-progress.tsx'
import { StartTunnel } from './tunnel-start.tsx'

/** The whole internet, through a broker. */
export function Tunnel(): JSX.Element | null {
  const { overview } = useSight()
  const { admin } = useHouse()
  const { sight, error } = useTunnel()
  const view = overview?.methods.find(({ id }) => id === 'tunnel')
  if (view === undefined) return null
  if (sight === null) return error === null ? <p class="quiet later">Asking the gateway …</p> : <Problem error={error} />
  return (
    <>
      <Notice status={sight.status} />
      <Card view={view} sight={sight} />
      <TunnelPairing key="pairing" view={view} />
      {admin && <TunnelAdvanced key="advanced" view={view} status={sight.status} />}
    </>
  )
}

/** What strangers will be able to do, before anything is pressed. */
function Notice({ status: { config, consent } }: { status: TunnelStatus }): JSX.Element {
  return (
    <section class="notice warn" aria-labelledby="tunnel-notice">
      <h2 id="tunnel-notice">
        <Icon name="warn" /> High risk: this is for the whole internet
      </h2>
      <ul class="sentences">
        {tunnelConsent.sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <p>
        Traffic goes through <b>{brokerHost(config.brokerUrl)}</b>.
        {consent.valid && consent.acceptedAt !== null && (
          <span class="quiet"> You agreed to this on {new Date(consent.acceptedAt).toLocaleDateString()}.</span>
        )}
      </p>
    </section>
  )
}

function Card({ view, sight }: { view: MethodView; sight: TunnelSight }): JSX.Element {
  const { admin } = useHouse()
  const [tested, setTested] = useState(false)
  const { state, audienceText, closesAt, intended, warning } = view
  const asked = intended || 'urls' in state
  const open = 'urls' in state
  return (
    <div class="card">
      <div class="row">
        <h2 class="card-title">Public tunnel</h2>
        <PhaseWord phase={state.phase} />
      </div>
      <p class="quiet">{asked ? `For ${audienceText}` : 'A public https address for this gateway, for the app and any browser.'}</p>
      {open ? (
        <StateDetail state={state} brief={tested} limits={limitsOf(state.urls[0] ?? '')} />
      ) : (
        <TunnelProgress state={state} sight={sight} />
      )}
      {warning !== undefined && (
        <div class="notice warn">
          <p>{warning.message}</p>
          {warning.hint !== undefined && <Hint text={warning.hint} />}
          <Code code={warning.code} />
        </div>
      )}
      {closesAt !== undefined && <Closes at={closesAt} />}
      {!admin ? (
        <Copyable text={asked ? 'xopc tunnel stop' : 'xopc tunnel start'} />
      ) : open ? (
        <Running tested={setTested} />
      ) : (
        <div class="actions">
          {asked && <TurnOff id="tunnel">Stop</TurnOff>}
          {(!asked || state.phase === 'blocked' || state.phase === 'failed') && (
            <StartTunnel key={asked} view={view} status={sight.status} again={asked && !isUnagreed(state)} />
          )}
        </div>
      )}
    </div>
  )
}

/** A file asks for it, and no person agreed yet. Pure. */
function isUnagreed(state: AccessState): boolean {
  return state.phase === 'blocked' && state.needs.code === 'TUNNEL_CONSENT_REQUIRED'
}

/** What the proof does not prove. Pure. */
function limitsOf(url: string): string {
  return isForThisComputer(url)
    ? 'The address leads nowhere but to this computer.'
    : 'Nobody looked from outside: whether the internet gets through shows only from there.'
}

function Running({ tested }: { tested: (failed: boolean) => void }): JSX.Element {
  const { gateway } = useHouse()
  return (
    <StagedTest test={(options) => gateway.client.test('tunnel', options)} ended={({ ok }) => tested(!ok)}>
      <TurnOff id="tunnel">Stop</TurnOff>
    </StagedTest>
  )
}
