import type { JSX } from 'preact'
import { useSight } from '../context.ts'
import { Copyable } from '../parts/copy.tsx'

/** What `xopc gateway ssh-tunnel` takes for the far port by itself. */
const USUAL = 18_790

/** The commands that bring the gateway's port to another computer. */
export function Ssh(): JSX.Element | null {
  const { overview } = useSight()
  if (overview === null) return null
  const { command, user, hosts, port } = overview.ssh
  const [first = '', ...others] = hosts
  return (
    <div class="card">
      <h2 class="card-title">SSH tunnel</h2>
      <p>Works wherever you can sign in to this computer by SSH. It opens nothing, and the connection ends with the command.</p>
      <ol class="plain-steps">
        <li>
          <p>On the other computer, run this and leave it running:</p>
          <Copyable text={command} />
        </li>
        <li>
          <p>Open this address there:</p>
          <Copyable text={`http://127.0.0.1:${port}`} />
        </li>
        <li>
          <p>Sign in as you do here.</p>
        </li>
      </ol>
      <p>
        With xopc on the other computer, this keeps it up through lost networks and sleep, and makes sure that it is this gateway that
        answers:
      </p>
      <Copyable text={`xopc gateway ssh-tunnel --target ${user}@${first}${port === USUAL ? '' : ` --remote-port ${port}`}`} />
      {others.length > 0 && (
        <>
          <p class="quiet small">If “{first}” is not known there, this computer also has:</p>
          <ul class="plain">
            {others.map((host) => (
              <li key={host}>
                <Copyable text={command.replace(`${user}@${first}`, `${user}@${host}`)} />
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}
