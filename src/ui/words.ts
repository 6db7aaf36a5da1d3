import type { AccessId, AccessState, Conflict, MethodView, Overview, Scope, Status } from '../lib/protocol/http-api.ts'
import type { TabName } from './route.ts'

/** What the ways in are called. */
export const methodNames: Record<AccessId, string> = { lan: 'Local network', proxy: 'Reverse proxy' }
/** The tab of each. */
export const methodTabs: Record<AccessId, TabName> = { lan: 'lan', proxy: 'reverse-proxy' }
/** What opens each from the terminal. */
export const methodCommands: Record<AccessId, string> = { lan: 'xopc lan on', proxy: 'xopc proxy set https://gateway.example.com' }

/** The word of a state. */
export const phaseWords: Record<AccessState['phase'], string> = {
  off: 'Off',
  starting: 'Starting',
  blocked: 'Needs you',
  on: 'On',
  degraded: 'On, with a problem',
  failed: 'Failed',
}

/** The doors, as a person knows them. */
const doorNames: Record<string, string> = {
  control: 'this computer’s own programs',
  local: 'this computer, or a proxy on it',
  lan: 'the local network',
  proxy: 'your reverse proxy’s socket',
}

/** The name of a door. */
export function doorName(id: string): string {
  return doorNames[id] ?? id
}

/** Something is open that should not be. */
const alarms: ReadonlySet<string> = new Set(['EXPOSURE_NEEDS_AUTH', 'LAN_IS_PUBLIC', 'PUBLIC_URL_IS_ANOTHER'])

/** Who can reach the gateway now, in words; `alarm` where somebody can who should not. Pure. */
export function reachOf(overview: Overview, { ingress }: Pick<Status, 'ingress'>): { text: string; alarm: boolean } {
  const open = overview.methods.filter(({ state }) => 'urls' in state)
  const socket = ingress.some(({ id }) => id === 'proxy') ? ['whom your proxy lets in'] : []
  const internet = open.some(({ audience }) => audience === 'internet') || socket.length > 0 ? [] : ['nobody on the internet']
  const who = ['you, on the gateway’s computer', ...new Set([...socket, ...open.map(({ audienceText }) => audienceText)]), ...internet]
  return { text: `Reachable by: ${who.join(' · ')}`, alarm: overview.conflicts.some(({ code }: Conflict) => alarms.has(code)) }
}

/** When an address last proved itself, of all that did; null where none has. Pure. */
export function lastVerified(methods: readonly MethodView[]): string | null {
  const times = methods.flatMap(({ state }) => (state.phase === 'on' && state.verified !== null ? [state.verified.confirmedAt] : []))
  return times.toSorted().at(-1) ?? null
}

/** What its rights let a device do, in sentences. Pure. */
export function allowedText(scopes: readonly Scope[]): string {
  if (scopes.includes('admin')) return 'It may do everything that you can: use the app, change settings, pair and revoke devices.'
  return 'It may look and use the app behind the gateway. It changes no settings and pairs no other devices.'
}

/** A moment in this person's own time. */
export function timeText(at: string | number): string {
  return new Date(at).toLocaleTimeString()
}

/** How long ago, short. Pure. */
export function agoText(at: string | number, now: number): string {
  const seconds = Math.max(0, Math.round((now - new Date(at).getTime()) / 1000))
  if (seconds < 2) return 'just now'
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`
  return new Date(at).toLocaleDateString()
}
