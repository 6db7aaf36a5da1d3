import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { MethodView, Overview } from '../../lib/protocol/http-api.ts'
import { useHouse, useSight } from '../context.ts'
import { Button, useWork } from '../parts/action.tsx'
import { Copyable } from '../parts/copy.tsx'
import { PhaseWord, StateDetail } from '../parts/method-state.tsx'
import { Pairing } from '../parts/pairing.tsx'
import { Problem } from '../parts/problem.tsx'
import { StagedTest } from '../parts/staged-test.tsx'
import { Templates } from './templates.tsx'

/** The person's own HTTPS front: found by itself where the page was opened through it. */
export function ReverseProxy(): JSX.Element | null {
  const { overview } = useSight()
  const proxy = overview?.methods.find(({ id }) => id === 'proxy')
  if (overview === null || proxy === undefined) return null
  const saved = 'urls' in proxy.state ? (proxy.state.urls[0] ?? null) : null
  return <AddressAndPairing overview={overview} proxy={proxy} saved={saved} />
}

/** What a person found, tests and pairs with stays as it is while it is saved. */
function AddressAndPairing(given: { overview: Overview; proxy: MethodView; saved: string | null }): JSX.Element {
  const { overview, proxy, saved } = given
  const seen = overview.seenAs?.origin ?? null
  const { phase } = proxy.state
  const before = useRef<string | null>(null)
  const found = useRef(false)
  found.current ||= seen !== null
  before.current = seen ?? (phase === 'starting' ? (before.current ?? saved) : saved)
  const at = before.current
  const pairs = at !== null && (found.current || phase === 'on')
  const pairing = pairs && <Pairing key="pairing" at={at} now={found.current} />
  return (
    <>
      {seen !== null && <Detected key="detected" origin={seen} />}
      {found.current && pairing}
      <Address key="address" proxy={proxy} first={at ?? ''} saved={saved} />
      {!found.current && pairing}
      <Templates key="templates" />
    </>
  )
}

/** You came by it, so it works before anything is saved. */
function Detected({ origin }: { origin: string }): JSX.Element {
  return (
    <div class="notice" role="status">
      <p>
        You opened this page through <b>{origin}</b>, so it leads here. Save it so that other devices and restarts know it, too.
      </p>
    </div>
  )
}

function Address({ proxy, first, saved }: { proxy: MethodView; first: string; saved: string | null }): JSX.Element {
  const { gateway, admin } = useHouse()
  const [url, setUrl] = useState(first)
  const [tested, setTested] = useState(false)
  const shown = useRef(first)
  // What was found, saved or cleared elsewhere stands in the field, and what a test said of it stays; what is typed at once is not taken away.
  useEffect(() => {
    if (shown.current !== first) setUrl(first)
    shown.current = first
  }, [first])
  const work = useWork()
  const { client, change } = gateway
  const { state } = proxy
  return (
    <div class="card">
      <div class="row">
        <h2 class="card-title">Reverse proxy</h2>
        <PhaseWord phase={state.phase} />
      </div>
      <p class="quiet">{state.phase === 'off' ? 'No public address is saved.' : `For ${proxy.audienceText}`}</p>
      <StateDetail state={state} brief={tested} />
      {admin ? (
        <>
          <label for="proxy-url">Address of your proxy</label>
          <input
            id="proxy-url"
            type="url"
            inputMode="url"
            autocomplete="off"
            spellcheck={false}
            placeholder="https://gateway.example.com"
            value={url}
            onInput={({ currentTarget }) => setUrl(currentTarget.value)}
          />
          <StagedTest test={(options) => client.testUrl(url, options)} ended={({ ok }) => setTested(!ok)} kind="main">
            <Button work={work} act={() => change(client.enable('proxy', { url, wait: true }))}>
              Save as default
            </Button>
            {saved !== null && (
              <Button work={work} act={() => change(client.disable('proxy'))}>
                Clear
              </Button>
            )}
          </StagedTest>
          <Problem error={work.error} />
        </>
      ) : (
        <Copyable text={saved === null ? 'xopc proxy set https://gateway.example.com' : 'xopc proxy test'} />
      )}
    </div>
  )
}
