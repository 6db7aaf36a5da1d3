import type { JSX } from 'preact'
import type { Overview } from '../../lib/protocol/http-api.ts'
import { useSight } from '../context.ts'
import { Copyable } from '../parts/copy.tsx'
import { Icon } from '../parts/icon.tsx'

/** What `xopc gateway ssh-tunnel` takes for the far port by itself, and ssh for its own. */
const USUAL = { gateway: 18_790, ssh: 22 }

/** The commands that bring the gateway to another computer over SSH, and whether this one lets anybody in by it. */
export function Ssh(): JSX.Element | null {
  const { overview } = useSight()
  if (overview === null) return null
  const { command, user, hosts, port, server } = overview.ssh
  const [first = '', ...others] = hosts
  const target = (host: string): string => `${user}@${host}${server.port === USUAL.ssh ? '' : `:${server.port}`}`
  return (
    <>
      <div class="card">
        <div class="row">
          <h2 class="card-title">SSH tunnel</h2>
          <ServerWord server={server} />
        </div>
        <p>Works wherever you can sign in to this computer by SSH. It opens nothing, and the connection ends with the command.</p>
        <NoServer server={server} />
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
      <div class="card">
        <h2 class="card-title">With xopc on the other computer</h2>
        <p>This keeps the tunnel up through lost networks and sleep, and makes sure that it is this gateway that answers:</p>
        <Copyable text={`xopc gateway ssh-tunnel --target ${target(first)}${port === USUAL.gateway ? '' : ` --remote-port ${port}`}`} />
        <p>This lets every command there act on this gateway, with no token and no tunnel to keep open:</p>
        <Copyable text={`xopc remote use ssh://${target(first)}`} />
      </div>
    </>
  )
}

function ServerWord({ server: { listens } }: Pick<Overview['ssh'], 'server'>): JSX.Element | null {
  if (listens === null) return null
  return (
    <span class="state" data-phase={listens ? 'on' : 'off'}>
      <Icon name={listens ? 'check' : 'off'} />
      {listens ? 'SSH server listens' : 'No SSH server'}
    </span>
  )
}

/** What lets people sign in by SSH belongs to the system. */
function NoServer({ server: { port, listens } }: Pick<Overview['ssh'], 'server'>): JSX.Element | null {
  if (listens !== false) return null
  return (
    <div class="notice warn">
      <p>Nobody can sign in to this computer by SSH: nothing listens on port {port}. On Debian and Ubuntu this installs a server:</p>
      <Copyable text="sudo apt install openssh-server" />
    </div>
  )
}
