import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { bodyOf } from '../../lib/client/call.ts'
import { secretOf } from '../../lib/protocol/pairing-link.ts'
import type { Facts } from '../facts.ts'
import { Button, useWork } from '../parts/action.tsx'
import { Problem } from '../parts/problem.tsx'
import { platformOf } from '../platform.ts'
import { transport } from '../transport.ts'
import { allowedText } from '../words.ts'

const EXCHANGE = '/xopc/api/tunnel/exchange-token'

/** The secret leaves the address before anything else happens, so that neither history nor a copied address holds it. */
function takeSecret(): string | null {
  const secret = secretOf(location.hash)
  history.replaceState(null, '', location.pathname)
  return secret
}

const first = location.pathname.endsWith('/pair') ? takeSecret() : null

/** The secret of the link. One that is opened where this page is shown already changes nothing but the fragment. */
function useSecret(): string | null {
  const [secret, setSecret] = useState(first)
  useEffect(() => {
    const changed = (): void => setSecret(takeSecret())
    addEventListener('hashchange', changed)
    return () => removeEventListener('hashchange', changed)
  }, [])
  return secret
}

/** Where a scanned link leads: which gateway it is, and what this browser will be allowed, before it joins. Whom it joins is no matter of the link. */
export function Pair({ facts }: { facts: Facts }): JSX.Element {
  const secret = useSecret()
  return (
    <main class="narrow">
      <h1>Join this gateway</h1>
      <p class="quiet">This browser gets a key of its own, which the gateway’s owner can take back at any time.</p>
      <dl class="card">
        {facts.name !== '' && (
          <div>
            <dt>Gateway</dt>
            <dd>{facts.name}</dd>
          </div>
        )}
        <div>
          <dt>Address</dt>
          <dd>{location.host}</dd>
        </div>
        <div>
          <dt>Its key</dt>
          <dd>
            <code id="fingerprint">{facts.fingerprint}</code>
          </dd>
        </div>
        <div>
          <dt>Allowed</dt>
          <dd>{allowedText(['read', 'run'])}</dd>
        </div>
      </dl>
      {secret === null ? <NoSecret /> : <Join key={secret} secret={secret} />}
    </main>
  )
}

function NoSecret(): JSX.Element {
  return (
    <div class="notice warn">
      <p>
        This address holds no pairing code: it was opened before, or only part of the link came along. Scan the QR code again, or ask for
        another one.
      </p>
    </div>
  )
}

function Join({ secret }: { secret: string }): JSX.Element {
  const [name, setName] = useState(platformOf(navigator.userAgent))
  const work = useWork()

  async function join(): Promise<void> {
    const body = { pairingSecret: secret, as: 'cookie', deviceName: name, platform: platformOf(navigator.userAgent) }
    await bodyOf(await transport({ method: 'POST', path: EXCHANGE, body }), ['device'])
    // The app, where one is behind the gateway; else the console.
    location.replace('/')
    await new Promise(() => {})
  }

  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault()
        void work.run(join)
      }}
    >
      <label for="device-name">Name of this browser</label>
      <input
        id="device-name"
        type="text"
        autocomplete="off"
        maxLength={64}
        value={name}
        onInput={({ currentTarget }) => setName(currentTarget.value)}
      />
      <Button work={work} act={join} kind="main">
        Join
      </Button>
      <Problem error={work.error} />
    </form>
  )
}
