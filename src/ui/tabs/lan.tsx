import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Candidate } from '../../lib/protocol/http-api.ts'
import { useHouse, useSight } from '../context.ts'
import { lanDanger } from '../lan-danger.ts'
import { Press } from '../parts/action.tsx'
import { Copyable } from '../parts/copy.tsx'
import type { Danger } from '../danger.ts'
import { DangerDialog } from '../parts/dialog.tsx'
import { PhaseWord, StateDetail } from '../parts/method-state.tsx'
import { Pairing } from '../parts/pairing.tsx'
import { TurnOff } from '../parts/turn-off.tsx'
import { hashOf } from '../route.ts'

/** Devices on the same network. */
export function Lan(): JSX.Element | null {
  const { overview } = useSight()
  const { gateway, admin } = useHouse()
  const [danger, setDanger] = useState<Danger | null>(null)
  const lan = overview?.methods.find(({ id }) => id === 'lan')
  if (lan === undefined) return null
  const { state, audienceText, candidates, closesAt } = lan
  const off = state.phase === 'off'
  return (
    <>
      <div class="card">
        <div class="row">
          <h2 class="card-title">Local network</h2>
          <PhaseWord phase={state.phase} />
        </div>
        <p class="quiet">{off ? 'Nobody comes in this way.' : `For ${audienceText}`}</p>
        <StateDetail state={state} closesAt={closesAt} />
        {admin ? (
          <div class="actions">
            {off ? (
              <Press kind="main" press={() => setDanger(lanDanger(gateway))}>
                Open to the local network
              </Press>
            ) : (
              <TurnOff id="lan">Close</TurnOff>
            )}
            <a class="button" href={hashOf('gateway')}>
              Gateway settings
            </a>
          </div>
        ) : (
          <Copyable text={off ? 'xopc lan on' : 'xopc lan off'} />
        )}
      </div>
      {state.phase === 'on' && <Pairing />}
      <h2>Addresses of this computer</h2>
      {candidates.length === 0 && <p class="quiet">There is no network.</p>}
      <ul class="cards">
        {candidates.map((candidate) => (
          <li key={candidate.url} class="card">
            <CandidateRow candidate={candidate} />
          </li>
        ))}
      </ul>
      {danger !== null && <DangerDialog danger={danger} close={() => setDanger(null)} />}
    </>
  )
}

function CandidateRow({ candidate: { url, interface: name, kind, note } }: { candidate: Candidate }): JSX.Element {
  const kinds = { physical: 'network card', virtual: 'inside this computer', vpn: 'VPN' }
  return (
    <>
      <Copyable text={url} />
      <p class="quiet small">
        {name}, {kinds[kind]}
        {note === null ? '' : `. ${note}`}
      </p>
    </>
  )
}
