import type { JSX } from 'preact'
import type { MethodView } from '../../lib/protocol/http-api.ts'
import { useHouse, useSight } from '../context.ts'
import type { Device } from '../../lib/protocol/pairing-api.ts'
import { useDevices } from '../devices-list.ts'
import { Copyable } from '../parts/copy.tsx'
import { Icon } from '../parts/icon.tsx'
import { PhaseWord, StateDetail } from '../parts/method-state.tsx'
import { Ago } from '../parts/time.tsx'
import { TurnOff } from '../parts/turn-off.tsx'
import { hashOf } from '../route.ts'
import { witnessOf } from '../witness.ts'
import { methodCommands, methodName, methodTabs } from '../words.ts'

/** What is on, for whom, since when, and proven by what. */
export function Overview(): JSX.Element {
  const { overview } = useSight()
  const { admin } = useHouse()
  const { devices, error } = useDevices()
  // Who came in stands in the middle of the cards: drawn before it is known, it would move what is below.
  if (admin && devices === null && error === null) return <p class="quiet later">Asking the gateway …</p>
  return (
    <ul id="methods" class="cards">
      {overview?.methods.map((method) => (
        <li key={method.id} class="card">
          <MethodCard method={method} recommended={overview.recommended === method.id} witness={witnessOf(method, devices ?? [])} />
        </li>
      ))}
      {overview !== null && (
        <li class="card">
          <div class="row">
            <h2 class="card-title">SSH tunnel</h2>
            <span class="quiet small">always there, where you can ssh</span>
          </div>
          <p class="quiet">For whoever can sign in to this computer by SSH. On the other computer:</p>
          <Copyable text={overview.ssh.command} />
          <div class="actions">
            <a class="button" href={hashOf('remote-access', 'ssh')}>
              How it is used
            </a>
          </div>
        </li>
      )}
    </ul>
  )
}

function MethodCard(given: { method: MethodView; recommended: boolean; witness: Device | null }): JSX.Element {
  const { id, state, audienceText, closesAt, warning } = given.method
  const { recommended, witness } = given
  const name = methodName(given.method)
  const { admin } = useHouse()
  const off = state.phase === 'off'
  return (
    <>
      <div class="row">
        <h2 class="card-title">{name}</h2>
        {recommended && <span class="badge">recommended</span>}
        <PhaseWord phase={state.phase} />
      </div>
      <p class="quiet">
        {off
          ? admin
            ? 'Nobody comes in this way.'
            : 'Nobody comes in this way. To open it, on the gateway’s computer:'
          : `For ${audienceText}`}
      </p>
      {off && !admin && <Copyable text={methodCommands[id]} />}
      <StateDetail state={state} closesAt={closesAt} />
      {warning !== undefined && (
        <p class="warned">
          <Icon name="warn" /> {warning.message}
        </p>
      )}
      {!off && witness !== null && witness.lastSeenAt !== null && (
        <p class="quiet small">
          “{witness.name}” came in{witness.lastIp === null ? '' : ` from ${witness.lastIp}`} <Ago at={witness.lastSeenAt} />.
        </p>
      )}
      <div class="actions">
        <a class="button" href={hashOf('remote-access', methodTabs[id])}>
          {off ? 'Set it up' : 'Details'}
        </a>
        {!off && admin && (
          <>
            <a class="button" href={hashOf('devices')}>
              Pair a device
            </a>
            <TurnOff id={id} label={`Turn off: ${name}`}>
              Turn off
            </TurnOff>
          </>
        )}
      </div>
    </>
  )
}
