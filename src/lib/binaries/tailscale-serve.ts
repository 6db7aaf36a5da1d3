import { fieldsOf } from '../protocol/fields.ts'
import { jsonIn } from './tailscale-status.ts'

/** One thing that a node serves: a path of a web port, or a whole port. */
export interface ServeEntry {
  /** As the node listens: 443. */
  port: number
  /** `home.tail1234.ts.net`; null for a plain TCP port. */
  host: string | null
  /** `/`, `/app`; null for a plain TCP port. */
  mount: string | null
  /** Where it leads: `http://127.0.0.1:3000`, `unix:/path`, a folder, or `text`. */
  target: string
  /** Open to the internet. */
  funnel: boolean
  /** Held by a `tailscale serve` in the foreground of somebody's terminal. */
  foreground: boolean
}

/** Everything that the node serves. */
export interface ServeConfig {
  entries: readonly ServeEntry[]
}

/** Reads `tailscale serve status --json` (ipn.ServeConfig); `null` and `{}` are nothing. Null where it is neither. Pure. */
export function serveConfigIn(text: string): ServeConfig | null {
  const body = jsonIn(text)
  if (body === undefined) return null
  const top = fieldsOf(body)
  const sessions = Object.values(fieldsOf(top['Foreground']))
  return { entries: [...entriesIn(top, false), ...sessions.flatMap((session) => entriesIn(fieldsOf(session), true))] }
}

function entriesIn(config: Record<string, unknown>, foreground: boolean): ServeEntry[] {
  const funnels = fieldsOf(config['AllowFunnel'])
  const web = Object.entries(fieldsOf(config['Web'])).flatMap(([authority, site]) => {
    const at = authority.lastIndexOf(':')
    const [host, port] = [authority.slice(0, at), Number(authority.slice(at + 1))]
    const funnel = funnels[authority] === true
    return Object.entries(fieldsOf(fieldsOf(site)['Handlers'])).map(([mount, handler]): ServeEntry => {
      return { port, host, mount, target: targetOf(fieldsOf(handler)), funnel, foreground }
    })
  })
  const webPorts = new Set(web.map(({ port }) => port))
  const tcp = Object.entries(fieldsOf(config['TCP'])).flatMap(([port, handler]): ServeEntry[] => {
    const { TCPForward: forward } = fieldsOf(handler)
    if (webPorts.has(Number(port))) return []
    const funnel = Object.keys(funnels).some((authority) => authority.endsWith(`:${port}`) && funnels[authority] === true)
    return [{ port: Number(port), host: null, mount: null, target: typeof forward === 'string' ? forward : 'unknown', funnel, foreground }]
  })
  return [...web, ...tcp]
}

function targetOf({ Proxy: proxy, Path: path, Text: text }: Record<string, unknown>): string {
  if (typeof proxy === 'string') return proxy
  if (typeof path === 'string') return path
  return typeof text === 'string' ? 'a text' : 'unknown'
}

/** A web port of ours and where it leads. */
export interface ServeWish {
  mode: 'serve' | 'funnel'
  port: number
  /** `http://127.0.0.1:18791`, `unix:/path`. */
  target: string
}

/** Serves in the background, and asks nothing (tailscale serve --help, since 1.52). Pure. */
export function serveArgs({ mode, port, target }: ServeWish): string[] {
  return [mode, '--bg', '--yes', `--https=${port}`, '--set-path=/', target]
}

/** Takes one path of one port back, and no other: without a path all of the port would go, and `reset` takes everything. Pure. */
export function serveOffArgs({ mode, port }: Pick<ServeWish, 'mode' | 'port'>): string[] {
  return [mode, '--yes', `--https=${port}`, '--set-path=/', 'off']
}

/** What a tailnet has to allow first, as Tailscale says it, and where; null where it says no such thing. Pure. */
export function consentIn(text: string): { feature: 'https' | 'funnel'; url: string | null } | null {
  const asked = /\b(Serve|Funnel|HTTPS) is not enabled on your tailnet/i.exec(text)
  if (asked === null) return null
  const url = /^\s*(https?:\/\/[!-~]{1,500})\s*$/m.exec(text)?.[1] ?? null
  return { feature: asked[1]?.toLowerCase() === 'funnel' ? 'funnel' : 'https', url }
}
