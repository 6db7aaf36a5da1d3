import type { XopcError } from '../errors/error.ts'
import { cleanText } from '../protocol/outside-text.ts'
import { binaryErrors } from './errors.ts'

type Fault =
  | 'TAILSCALE_NOT_RUNNING'
  | 'TAILSCALE_NOT_OPERATOR'
  | 'TAILSCALE_SOCKET_REFUSED'
  | 'TAILSCALE_BUSY'
  | 'TAILSCALE_LOGGED_OUT'
  | 'TAILSCALE_STOPPED'
  | 'TAILSCALE_NEEDS_APPROVAL'
  | 'TAILSCALE_NOT_SERVED'

/** What its words mean; recorded from 1.102.5 (test/fixtures/tailscale). */
const faults: readonly [RegExp, Fault][] = [
  [/failed to connect to local tailscale|doesn.t appear to be running/i, 'TAILSCALE_NOT_RUNNING'],
  [/must be root, or be an operator/i, 'TAILSCALE_SOCKET_REFUSED'],
  [/access denied/i, 'TAILSCALE_NOT_OPERATOR'],
  [/Another client is changing the serve config/i, 'TAILSCALE_BUSY'],
  [/^Logged out/m, 'TAILSCALE_LOGGED_OUT'],
  [/Tailscale is stopped/, 'TAILSCALE_STOPPED'],
  [/not yet approved/, 'TAILSCALE_NEEDS_APPROVAL'],
  [/handler does not exist/, 'TAILSCALE_NOT_SERVED'],
]

/** The fault that it tells of; null where it is none that is known. Pure. */
export function faultIn(said: string): XopcError | null {
  // It names no entry; whoever read them before asking has said which one is in the way.
  if (/listener already exists|already serving/.test(said))
    return binaryErrors.TAILSCALE_PORT_TAKEN({ entry: 'it did not say which', command: 'xopc tailscale serve --port 8443' })
  const fault = faults.find(([pattern]) => pattern.test(said))
  return fault === undefined ? null : binaryErrors[fault[1]]()
}

/** What a command that failed said, as an error; what is not known is quoted. Pure. */
export function failureOf(said: string, args: readonly string[]): XopcError {
  return faultIn(said) ?? binaryErrors.TAILSCALE_STRANGE({ command: args.join(' '), reason: reasonIn(said) })
}

/** `tailscale whois` knows no such address. Pure. */
export function isUnknownPeer(said: string): boolean {
  return /\bpeer not found\b/i.test(said)
}

/** `tailscale nc` says on stdout, where a connection's bytes would be, that this computer is in no tailnet. Null where these are bytes of a connection. Pure. */
export function stateFaultIn(first: string, place: string): XopcError | null {
  if (!/^(Logged out\.|Tailscale is stopped\.|Machine is not yet approved|unexpected state: )/.test(first)) return null
  return noConnection(first, place)
}

/** Why `tailscale nc` made no connection. Pure. */
export function noConnection(said: string, place: string): XopcError {
  const reason = /(?:dial|resolve) failure: (.+)/.exec(said)?.[1] ?? said
  return faultIn(said) ?? binaryErrors.TAILSCALE_NO_CONNECTION({ place, reason: reasonIn(reason) })
}

function reasonIn(said: string): string {
  return cleanText(said.split('\n').find((line) => line.trim() !== '') ?? 'it said nothing', 300).replace(/[.\s]+$/, '')
}
