import type { AccessId, AccessState, Conflict, MethodView, Overview, Scope, Status } from '../lib/protocol/http-api.ts'
import type { TabName } from './route.ts'

/** What a way in is called. Pure. */
export function methodName({ id, audience }: Pick<MethodView, 'id' | 'audience'>): string {
  if (id === 'tailscale') return audience === 'internet' ? 'Tailscale Funnel' : 'Tailscale Serve'
  return { lan: 'Local network', proxy: 'Reverse proxy', tunnel: 'Public tunnel' }[id]
}
/** The tab of each. */
export const methodTabs: Record<AccessId, TabName> = { tailscale: 'tailscale', lan: 'lan', proxy: 'reverse-proxy', tunnel: 'public' }
/** What opens each from the terminal. */
export const methodCommands: Record<AccessId, string> = {
  tailscale: 'xopc tailscale serve',
  lan: 'xopc lan on',
  proxy: 'xopc proxy set https://gateway.example.com',
  tunnel: 'xopc tunnel start',
}

/** A text that begins like a sentence. Pure. */
export function sentence(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

/** The word of a state. */
export const phaseWords: Record<AccessState['phase'], string> = {
  off: 'Off',
  starting: 'Starting',
  blocked: 'Needs you',
  on: 'On',
  degraded: 'On, with a problem',
  failed: 'Failed',
}

/** A broker as people know it. Pure. */
export function brokerHost(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url
}

/** The doors, as a person knows them. */
const doorNames: Record<string, string> = {
  control: 'this computer’s own programs',
  local: 'this computer, or a proxy on it',
  lan: 'the local network',
  tailscale: 'Tailscale',
  proxy: 'your reverse proxy’s socket',
  tunnel: 'the public tunnel',
}

/** The name of a door. */
export function doorName(id: string): string {
  return doorNames[id] ?? id
}

/** Something is open that should not be. */
const alarms: ReadonlySet<string> = new Set(['EXPOSURE_NEEDS_AUTH', 'LAN_IS_PUBLIC', 'PUBLIC_URL_IS_ANOTHER'])

/** Who can reach the gateway now, in words; `alarm` where somebody can who should not. `here`: the origin of this page. Pure. */
export function reachOf(
  overview: Overview,
  { ingress, authMode }: Pick<Status, 'ingress' | 'authMode'>,
  here: string,
): { text: string; alarm: boolean } {
  const open = overview.methods.filter(({ state }) => 'urls' in state)
  const socket = ingress.some(({ id }) => id === 'proxy') ? ['whom your proxy lets in'] : []
  const ways = [...new Set([...socket, ...open.map(({ audienceText }) => audienceText)])]
  const internet = open.some(({ audience }) => audience === 'internet') || socket.length > 0
  // Strangers come through before the gateway has seen that they do.
  const soon = overview.methods.find(({ audience, state }) => audience === 'internet' && state.phase === 'starting')
  const own = authMode === 'none' ? 'every user and program on the gateway’s computer' : 'you, on the gateway’s computer'
  const who = [
    own,
    ...ways,
    ...(internet ? [] : [byTheWay(overview, here) ?? (soon ? `soon ${soon.audienceText}` : 'nobody on the internet')]),
  ]
  return { text: `Reachable by: ${who.join(' · ')}`, alarm: overview.conflicts.some(({ code }: Conflict) => alarms.has(code)) }
}

/** The page itself came by an address that others can try as well, and whose audience the gateway does not know; null where it did not. */
function byTheWay({ seenAs, methods }: Overview, here: string): string | null {
  if (methods.some(({ state }) => 'urls' in state && state.urls.includes(here))) return null
  if (seenAs !== null) return `whoever can reach ${seenAs.origin}, perhaps the whole internet (not saved)`
  return isPublicName(here) ? `whoever can reach ${here}, perhaps the whole internet` : null
}

/** https with a name of more than one part that ends in letters: what has only an address, or a name of its own network, is not that. */
function isPublicName(origin: string): boolean {
  const { protocol, hostname } = new URL(origin)
  return protocol === 'https:' && /\.[a-z][a-z0-9-]*\.?$/.test(hostname) && !/\.(local|localhost|internal)\.?$/.test(hostname)
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

/** When something will be, in this person's own time: with the day, where it is not today. Pure. */
export function momentText(at: string, now: number): string {
  const [then, today] = [new Date(at), new Date(now)]
  const day = then.toDateString() === today.toDateString() ? {} : ({ weekday: 'short', day: 'numeric', month: 'short' } as const)
  return then.toLocaleString([], { ...day, hour: '2-digit', minute: '2-digit' })
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
