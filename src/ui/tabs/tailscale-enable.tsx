import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { ConfigView } from '../../lib/protocol/http-api.ts'
import { useHouse, useSight } from '../context.ts'
import { Button, useWork, type Work } from '../parts/action.tsx'
import { useOpening } from '../parts/opening.tsx'
import { ForHowLong } from '../parts/for-how-long.tsx'
import { Problem } from '../parts/problem.tsx'
import { TurnOff } from '../parts/turn-off.tsx'
import { forTime } from '../time-left.ts'

/** The button, for how long, and what few people need; or what has to be closed first. */
export function EnableServe(): JSX.Element {
  const [time, setTime] = useState('')
  const [typed, setTyped] = useState<string | null>(null)
  const saved = useSavedPort()
  const port = typed === null || typed.trim() === '' || typed === saved ? {} : { port: Number(typed) }
  const { work, begin, questions } = useOpening('tailscale', {
    options: { mode: 'serve', ...port, ...forTime(time) },
    replace: 'Close the public tunnel and enable Serve',
  })
  const closing = useWork()
  const lanIsOpen = useLanIsOpen()
  // It is known to be closed a moment before that is saved.
  if (lanIsOpen || closing.busy) return <LanFirst work={closing} />
  return (
    <>
      <div class="actions">
        <Button work={work} act={begin} kind="main">
          Enable Serve
        </Button>
        <ForHowLong what="Serve" time={time} choose={setTime} />
      </div>
      <Problem error={work.error} />
      {questions}
      <details class="advanced">
        <summary>Advanced</summary>
        <label for="tailscale-port">HTTPS port</label>
        <input
          id="tailscale-port"
          class="beside"
          type="text"
          inputMode="numeric"
          autocomplete="off"
          value={typed ?? saved}
          onInput={({ currentTarget }) => setTyped(currentTarget.value)}
        />
        <p class="quiet small">Of the address. With 443 it needs none; Funnel takes 443, 8443 and 10000.</p>
      </details>
    </>
  )
}

/** Whether the gateway is asked to be open beside Tailscale. */
export function useLanIsOpen(): boolean {
  return useSight().overview?.methods.some(({ id, intended }) => id === 'lan' && intended) ?? false
}

/** Both are refused, so one is offered to be closed. */
function LanFirst({ work }: { work: Work }): JSX.Element {
  return (
    <div class="notice">
      <p>With Serve, Tailscale is the only way in. The gateway is open to the local network as well, which has to be closed first.</p>
      <div class="actions">
        <TurnOff id="lan" work={work}>
          Close the local network
        </TurnOff>
      </div>
    </div>
  )
}

/** The https port that is used where nobody types another. */
function useSavedPort(): string {
  const { gateway } = useHouse()
  const [port, setPort] = useState('443')
  useEffect(() => {
    // What it is shows again when it is used, so a failure here is not worth a word.
    const read = (): void =>
      void gateway.client.config().then(
        (view) => setPort(portIn(view)),
        () => {},
      )
    read()
    return gateway.on(['config.reload'], read)
  }, [gateway])
  return port
}

function portIn({ config }: ConfigView): string {
  // `as`: the file has passed the schema, and what is not written is not there.
  const { gateway } = config as { gateway?: { tailscale?: { httpsPort?: number | string } } }
  return String(gateway?.tailscale?.httpsPort ?? 443)
}
