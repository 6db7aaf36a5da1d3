import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { XopcError } from '../../lib/errors/error.ts'
import type { MethodView } from '../../lib/protocol/http-api.ts'
import type { TunnelStatus } from '../../lib/protocol/tunnel-api.ts'
import { useHouse } from '../context.ts'
import { Button } from '../parts/action.tsx'
import { ForHowLong } from '../parts/for-how-long.tsx'
import { useOpening } from '../parts/opening.tsx'
import { Problem } from '../parts/problem.tsx'
import { forTime, timeLeft } from '../time-left.ts'
import { leadTo } from './tunnel-lead.tsx'

/** The button that opens the tunnel, and for how long; with `again` it is asked for already, and keeps its end. */
export function StartTunnel({ view, status, again }: { view: MethodView; status: TunnelStatus; again: boolean }): JSX.Element {
  const { gateway } = useHouse()
  const [chosen, setTime] = useState('')
  const time = again ? timeLeft(view.closesAt) : chosen
  const { work, begin, questions } = useOpening('tunnel', {
    options: forTime(time),
    replace: 'Close Tailscale and start the tunnel',
    unagreed: async (replace) =>
      status.consentRequired && (await gateway.client.plan('tunnel', { replace })).refusal?.code === 'TUNNEL_CONSENT_REQUIRED',
  })
  const { error } = work
  return (
    <>
      <Button work={work} act={begin} kind="main">
        {again ? 'Try again' : 'Start remote access'}
      </Button>
      {!again && <ForHowLong what="Public tunnel" endless="until I stop it" time={chosen} choose={setTime} />}
      <Problem error={error} button={error instanceof XopcError ? leadTo(error.code) : null} />
      {questions}
    </>
  )
}
