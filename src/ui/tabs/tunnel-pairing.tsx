import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { MethodView } from '../../lib/protocol/http-api.ts'
import { useHouse, useSight } from '../context.ts'
import type { Danger } from '../danger.ts'
import { lanDanger } from '../lan-danger.ts'
import { Press } from '../parts/action.tsx'
import { Copyable } from '../parts/copy.tsx'
import { DangerDialog } from '../parts/dialog.tsx'
import { Pairing } from '../parts/pairing.tsx'
import { Code } from '../parts/problem.tsx'
import { hashOf } from '../route.ts'

/** Whether an address leads to the computer of whoever follows it, as those of a broker for trying do. Pure. */
export function isForThisComputer(url: string): boolean {
  return URL.canParse(url) && /(^|\.)localhost$/.test(new URL(url).hostname)
}

/** Lets a phone in by the tunnel; while that is not there, what the phone could use at home. */
export function TunnelPairing({ view: { state } }: { view: MethodView }): JSX.Element | null {
  const worked = useRef(false)
  const open = 'urls' in state
  // A code that is shown outlasts an interruption: leaving would take it back.
  worked.current = open && (worked.current || state.phase === 'on')
  if (!open) return <AtHome />
  const url = state.urls[0] ?? ''
  if (isForThisComputer(url)) return <NotForDevices url={url} />
  return worked.current ? <Pairing at={url} /> : null
}

function NotForDevices({ url }: { url: string }): JSX.Element {
  return (
    <div class="card">
      <h2 class="card-title">Mobile app pairing</h2>
      <p>
        There is no QR code for <b>{url}</b>: on a phone, that address leads to the phone itself. It comes from a broker for trying. With a
        broker on the internet, the code stands here.
      </p>
      <Code code="LOOPBACK_NOT_REACHABLE" />
    </div>
  )
}

/** The gateway's addresses in its own network, while nobody can use them yet. */
function AtHome(): JSX.Element | null {
  const { overview } = useSight()
  const { gateway, admin } = useHouse()
  const [danger, setDanger] = useState<Danger | null>(null)
  const lan = overview?.methods.find(({ id }) => id === 'lan')
  const tailscale = overview?.methods.find(({ id }) => id === 'tailscale')
  const addresses = lan?.candidates.filter(({ kind }) => kind === 'physical') ?? []
  if (lan?.state.phase !== 'off' || addresses.length === 0) return null
  const open = (): void => {
    const { act, ...asks } = lanDanger(gateway)
    // A code for it stands there.
    const go = (): void => location.replace(hashOf('remote-access', 'lan'))
    setDanger({ ...asks, act: () => act().then(go) })
  }
  return (
    <div class="card">
      <h2 class="card-title">A phone at home needs no tunnel</h2>
      <p class="quiet">On the same network it could use an address of this computer, once the gateway is open to that network:</p>
      <ul class="plain">
        {addresses.map(({ url }) => (
          <li key={url}>
            <Copyable text={url} />
          </li>
        ))}
      </ul>
      <div class="actions">
        {/* Tailscale asks for the gateway to be on loopback. */}
        {admin && tailscale?.intended !== true && <Press press={open}>Open to the local network</Press>}
        <a class="button" href={hashOf('remote-access', 'lan')}>
          Local network
        </a>
      </div>
      {danger !== null && <DangerDialog danger={danger} close={() => setDanger(null)} />}
    </div>
  )
}
