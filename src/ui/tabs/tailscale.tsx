import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { MethodView } from '../../lib/protocol/http-api.ts'
import type { Danger } from '../danger.ts'
import { useHouse, useSight } from '../context.ts'
import { Copyable } from '../parts/copy.tsx'
import { PhaseWord, StateDetail } from '../parts/method-state.tsx'
import { Pairing } from '../parts/pairing.tsx'
import { StagedTest } from '../parts/staged-test.tsx'
import { TurnOff } from '../parts/turn-off.tsx'
import { narrowing } from '../own-way.ts'
import { forTime, timeLeft } from '../time-left.ts'
import { Button, useWork } from '../parts/action.tsx'
import { DangerDialog } from '../parts/dialog.tsx'
import { Problem } from '../parts/problem.tsx'
import { methodName } from '../words.ts'
import { EnableServe } from './tailscale-enable.tsx'
import { AgreeToFunnel, Funnel } from './tailscale-funnel.tsx'
import { OnThisComputer } from './tailscale-computer.tsx'

/** Devices of the person's own tailnet, and the whole internet where they agree to that. */
export function Tailscale(): JSX.Element | null {
  const { overview } = useSight()
  const view = overview?.methods.find(({ id }) => id === 'tailscale')
  if (view === undefined) return null
  const { state, audience, intended } = view
  return (
    <>
      <Card view={view} />
      {state.phase === 'on' && <Pairing key="pairing" at={state.urls[0] ?? ''} />}
      {!(intended && audience === 'internet') && <Funnel key="funnel" />}
      <OnThisComputer key="computer" phase={state.phase} />
    </>
  )
}

function Card({ view }: { view: MethodView }): JSX.Element {
  const { admin } = useHouse()
  const [tested, setTested] = useState(false)
  const { state, audience, audienceText, closesAt, intended } = view
  // Until it is closed, too.
  const open = intended || 'urls' in state
  return (
    <div class="card">
      <div class="row">
        <h2 class="card-title">{methodName(view)}</h2>
        <PhaseWord phase={state.phase} />
      </div>
      <p class="quiet">{open ? `For ${audienceText}` : 'An https address for the devices of your tailnet, and for nobody else.'}</p>
      <StateDetail state={state} closesAt={closesAt} brief={tested} limits={limits[audience === 'internet' ? 'internet' : 'tailnet']} />
      {!admin ? (
        <Copyable text={open ? 'xopc tailscale off' : 'xopc tailscale serve'} />
      ) : !open ? (
        <EnableServe />
      ) : (
        <Running view={view} tested={setTested} />
      )}
    </div>
  )
}

/** What the proof does not prove. */
const limits = {
  tailnet: 'The rules of your tailnet decide which other devices may come.',
  internet: 'Seen from inside your tailnet: whether the internet gets through shows only from there.',
}

/** What can be done while it is asked for. */
function Running({ view, tested }: { view: MethodView; tested: (failed: boolean) => void }): JSX.Element {
  const { gateway } = useHouse()
  const { state, audience } = view
  const funnel = audience === 'internet'
  const off = <TurnOff id="tailscale">{funnel ? 'Disable Funnel' : 'Disable Serve'}</TurnOff>
  if ('urls' in state)
    return (
      <StagedTest test={(options) => gateway.client.test('tailscale', options)} ended={({ ok }) => tested(!ok)}>
        {funnel && <OnlyTailnet closesAt={view.closesAt} />}
        {off}
      </StagedTest>
    )
  return (
    <div class="actions">
      {state.phase === 'blocked' && state.needs.code === 'CONSENT_REQUIRED' && <AgreeToFunnel time={timeLeft(view.closesAt)} />}
      {off}
    </div>
  )
}

/** From Funnel back to Serve. */
function OnlyTailnet({ closesAt }: { closesAt: string | undefined }): JSX.Element {
  const { gateway, facts } = useHouse()
  const { overview } = useSight()
  const [danger, setDanger] = useState<Danger | null>(null)
  const work = useWork()
  const { client, change } = gateway
  const narrow = async (): Promise<unknown> => await change(client.enable('tailscale', { mode: 'serve', ...forTime(timeLeft(closesAt)) }))
  const act = async (): Promise<void> => {
    const asks = narrowing({ origin: location.origin, face: facts.face, overview })
    if (asks === null) await narrow()
    else setDanger({ ...asks, act: narrow })
  }
  return (
    <>
      <Button work={work} act={act}>
        Only for your tailnet
      </Button>
      <Problem error={work.error} />
      {danger !== null && <DangerDialog danger={danger} close={() => setDanger(null)} />}
    </>
  )
}
