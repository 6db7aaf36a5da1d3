import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { useHouse, useSight } from '../context.ts'
import { Button } from '../parts/action.tsx'
import { Copyable } from '../parts/copy.tsx'
import { ForHowLong } from '../parts/for-how-long.tsx'
import { useOpening } from '../parts/opening.tsx'
import { Code, Problem } from '../parts/problem.tsx'
import { forTime } from '../time-left.ts'
import { useLanIsOpen } from './tailscale-enable.tsx'

/** The same address for everybody: what it takes, and the way to it. */
export function Funnel(): JSX.Element {
  const { admin } = useHouse()
  const { status } = useSight()
  const lanIsOpen = useLanIsOpen()
  const mode = status?.authMode ?? 'password'
  return (
    <div class="card">
      <div class="row">
        <h2 class="card-title">Tailscale Funnel</h2>
        <span class="quiet small">high risk</span>
      </div>
      <p class="quiet">The same address for the whole internet: anyone can open the sign-in page and try passwords.</p>
      {mode !== 'password' ? (
        <NeedsPassword mode={mode} />
      ) : !admin ? (
        <Copyable text="xopc tailscale funnel" />
      ) : lanIsOpen ? (
        <p>The local network has to be closed first.</p>
      ) : (
        <OpenFunnel />
      )}
    </div>
  )
}

const asks: Record<string, string> = { token: 'a token', 'trusted-proxy': 'your proxy', none: 'nobody' }

function NeedsPassword({ mode }: { mode: string }): JSX.Element {
  return (
    <>
      <p>It takes a password to sign in with, and this gateway asks for {asks[mode] ?? mode}. To give it one, on its computer:</p>
      <Copyable text="xopc config set gateway.auth.mode=password --stdin gateway.auth.password" />
      <Code code="FUNNEL_NEEDS_PASSWORD" />
    </>
  )
}

function OpenFunnel(): JSX.Element {
  const [time, setTime] = useState('')
  return (
    <div class="actions">
      <AgreeToFunnel time={time} />
      <ForHowLong what="Funnel" time={time} choose={setTime} />
    </div>
  )
}

/** Asks before everybody can come. `time`: for how long, `1h`; empty or none for no end. */
export function AgreeToFunnel({ time }: { time: string | undefined }): JSX.Element {
  const { work, begin, questions } = useOpening('tailscale', {
    options: { mode: 'funnel', ...forTime(time) },
    replace: 'Close the public tunnel and open Funnel',
    unagreed: async () => true,
  })
  return (
    <>
      <Button work={work} act={begin} kind="danger-plain">
        Open to the internet
      </Button>
      <Problem error={work.error} />
      {questions}
    </>
  )
}
