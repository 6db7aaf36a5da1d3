import { fieldsOf } from '../protocol/fields.ts'
import { cleanText } from '../protocol/outside-text.ts'

/** How Tailscale is on this computer, by `tailscale status --json` (ipnstate.Status of tailscale.com 1.102). */
export interface TailscaleStatus {
  /** Of the daemon: `1.102.5`. */
  version: string
  state: 'NoState' | 'NeedsLogin' | 'NeedsMachineAuth' | 'Stopped' | 'Starting' | 'Running' | 'InUseOtherUser'
  /** Where to sign in; null where nothing waits for that. */
  authUrl: string | null
  /** `home.tail1234.ts.net`; null before it has one. */
  name: string | null
  addresses: readonly string[]
  /** Names that certificates are given for: none where https is off for the tailnet. */
  certDomains: readonly string[]
  /** Whether this node may serve https, and be reached by Funnel. */
  https: boolean
  funnel: boolean
  /** Ports that Funnel takes. */
  funnelPorts: readonly number[]
  /** It has a network device of its own; without one (userspace networking, as in containers) it hands what comes to any port on to 127.0.0.1. */
  tun: boolean
  /** What Tailscale itself complains of. */
  health: readonly string[]
}

const states: ReadonlySet<string> = new Set([
  'NoState',
  'NeedsLogin',
  'NeedsMachineAuth',
  'Stopped',
  'Starting',
  'Running',
  'InUseOtherUser',
])

/** Reads it, whatever was printed before; null where it is no such status. Pure. */
export function statusIn(text: string): TailscaleStatus | null {
  const body = jsonIn(text)
  const {
    Version: version,
    BackendState: state,
    AuthURL: authUrl,
    Self: self,
    TailscaleIPs: ips,
    CertDomains: domains,
    Health: health,
    TUN: tun,
  } = fieldsOf(body)
  if (typeof version !== 'string' || typeof state !== 'string' || !states.has(state)) return null
  const { DNSName: dnsName, CapMap: capMap } = fieldsOf(self)
  const caps = Object.keys(fieldsOf(capMap))
  return {
    version: /^\d+\.\d+\.\d+/.exec(version)?.[0] ?? cleanText(version, 40),
    // `as`: the set has just these.
    state: state as TailscaleStatus['state'],
    authUrl: typeof authUrl === 'string' && /^https?:\/\/[!-~]{1,500}$/.test(authUrl) ? authUrl : null,
    name: nameIn(dnsName),
    addresses: textsIn(ips),
    certDomains: textsIn(domains),
    https: caps.includes('https') && textsIn(domains).length > 0,
    funnel: caps.includes('funnel'),
    funnelPorts: caps.flatMap(portsIn),
    tun: tun !== false,
    health: textsIn(health).map((line) => cleanText(line, 300)),
  }
}

/** The first JSON in what a program printed: some builds write warnings before it. Undefined where there is none. Pure. */
export function jsonIn(text: string): unknown {
  for (const match of text.matchAll(/^[ \t]*(?=[{]|null\b)/gm)) {
    try {
      const value: unknown = JSON.parse(text.slice(match.index))
      return value
    } catch {
      // A line that only begins like JSON; the next one may be it.
    }
  }
  return undefined
}

function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : []
}

/** A MagicDNS name, without the dot at its end. */
function nameIn(value: unknown): string | null {
  const name = typeof value === 'string' ? value.replace(/\.$/, '').toLowerCase() : ''
  return /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(name) ? name : null
}

/** `https://tailscale.com/cap/funnel-ports?ports=443,8443,10000`, also with ranges. */
function portsIn(cap: string): number[] {
  const ports = /^https:\/\/tailscale\.com\/cap\/funnel-ports\?ports=([\d,-]+)$/.exec(cap)?.[1]
  return (ports ?? '').split(',').flatMap((part) => (/^\d+$/.test(part) ? [Number(part)] : []))
}
