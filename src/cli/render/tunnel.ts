import type { AccessState } from '../../lib/protocol/http-api.ts'
import { cleanText } from '../../lib/protocol/outside-text.ts'
import { reachOf } from '../../lib/protocol/reach.ts'
import type { TunnelStatus } from '../../lib/protocol/tunnel-api.ts'
import { phaseWord, stateDetail, urlsOf } from './state.ts'
import { wrap } from './wrap.ts'

const longest = 300

/** How it is shown. */
interface Show {
  textColumns: number
  /** Milliseconds since the epoch. */
  now: number
}

/** What `xopc tunnel start` says. Pure. */
export function renderTunnelOn(state: AccessState, status: TunnelStatus, { textColumns, now }: Show): string[] {
  const say = (first: string, text: string): string[] => wrap(first, text, textColumns)
  const details = stateDetail(state, now).flatMap((line) => say('  ', line))
  if (state.phase !== 'on') {
    const urls = urlsOf(state)
    const first = urls.length > 0 ? 'The public tunnel is there, with a problem:' : `The public tunnel is not open: ${phaseWord(state)}.`
    return [...say('', first), ...urls.map((url) => `  ${url}`), ...details, '', 'Next: xopc tunnel status']
  }
  const who = isOnlyHere(status)
    ? 'This computer, and nobody else, can reach the gateway there: the broker is for trying. Everyone still has to sign in:'
    : 'The whole internet can reach the gateway now, and everyone still has to sign in:'
  return [
    ...say('', who),
    ...urlsOf(state).map((url) => `  ${url}`),
    ...details,
    ...closing(status, say),
    '',
    isOnlyHere(status)
      ? 'Next: open it in a browser here; xopc tunnel stop, to close it'
      : 'Next: xopc tunnel qr, to let a phone in; xopc tunnel stop, to close it',
  ]
}

/** A broker on this computer lets nobody else in. */
function isOnlyHere({ config }: TunnelStatus): boolean {
  return URL.canParse(config.brokerUrl) && reachOf(new URL(config.brokerUrl).hostname) === 'loopback'
}

function closing({ closesAt }: TunnelStatus, say: (first: string, text: string) => string[]): string[] {
  return closesAt === null ? [] : say('  ', `It closes by itself at ${cleanText(closesAt, 40)}.`)
}

/** What `xopc tunnel stop` says. Pure. */
export function renderTunnelOff(status: TunnelStatus, { running, released }: { running: boolean; released: boolean }): string[] {
  const first = running ? 'The public tunnel is closed.' : 'The public tunnel stays closed when the gateway starts.'
  const name = released
    ? 'The broker confirmed that the public name was given back. Nobody gets it again; the next start gets another.'
    : status.subdomain === null
      ? null
      : `The name ${cleanText(status.subdomain, 40)} stays yours for the next start.`
  const again =
    status.config.autoStart && status.canAutoStart ? ['It opens again at the next start of the gateway: tunnel.autoStart is on.'] : []
  return [first, ...(name === null ? [] : [name]), ...again, '', 'Next: xopc tunnel start, to open it again']
}

const headlines: Record<TunnelStatus['state'], string> = {
  disconnected: 'The public tunnel is closed.',
  connecting: 'The public tunnel is being opened.',
  connected: 'The public tunnel is open: the whole internet can reach the gateway.',
  reconnecting: 'The public tunnel is interrupted, and is being connected anew.',
  error: 'The public tunnel is not open.',
}

function headlineOf(status: TunnelStatus): string {
  const isHere = status.state === 'connected' && isOnlyHere(status)
  return isHere ? 'The tunnel is open, to this computer alone: the broker is for trying.' : headlines[status.state]
}

const sources: Record<TunnelStatus['registrationSecret']['source'], string> = {
  env: 'from XOPC_TUNNEL_REGISTRATION_SECRET',
  config: 'from tunnel.registrationSecret',
  dev: 'the well-known one of brokers for trying',
  none: 'none',
}

/** What `xopc tunnel status` says. `state`: of the way in, as the overview has it. Pure. */
export function renderTunnel(
  status: TunnelStatus,
  state: AccessState,
  { running, textColumns, now }: Show & { running: boolean },
): string[] {
  const say = (first: string, text: string): string[] => wrap(first, text, textColumns)
  const facts: [string, string | null][] = [
    ['broker', cleanText(status.config.brokerUrl, longest)],
    ['secret', sources[status.registrationSecret.source] ?? 'unknown'],
    ['agreed', status.consent.valid ? `to the text ${status.consent.acceptedVersion}, ${status.consent.acceptedAt}` : 'not yet'],
    ['name', status.subdomain === null ? null : cleanText(status.subdomain, 40)],
    ['auto-start', status.config.autoStart ? 'on' : 'off'],
    ['frpc', status.frpcPid === null ? null : `runs, pid ${status.frpcPid}`],
    ['heartbeat', status.lastHeartbeatAt === null ? null : `answered ${status.lastHeartbeatAt}`],
    ['lease', status.leaseExpiresAt === null ? null : `until ${status.leaseExpiresAt}`],
  ]
  return [
    ...say('', running ? headlineOf(status) : 'The gateway is not running, so the public tunnel is closed.'),
    ...urlsOf(state).map((url) => `  ${url}`),
    ...stateDetail(state, now).flatMap((line) => say('  ', line)),
    ...closing(status, say),
    '',
    ...facts.flatMap(([name, value]) => (value === null ? [] : say(`  ${name.padEnd(11)}`, value))),
    '',
    `Next: ${nextStep(status, running)}`,
  ]
}

function nextStep(status: TunnelStatus, running: boolean): string {
  const { state, registrationSecret } = status
  if (registrationSecret.source === 'none') return 'xopc tunnel secret set --stdin'
  if (!running) return 'xopc gateway'
  if (state === 'disconnected') return 'xopc tunnel start'
  if (state === 'connected' && isOnlyHere(status)) return 'xopc tunnel stop, to close it'
  return state === 'connected' ? 'xopc tunnel qr, to let a phone in' : 'xopc gateway logs, to see what happens'
}
