import type { IngressId } from '../../protocol/http-api.ts'
import { plainAddress } from './addresses.ts'
import { normalHost } from './host.ts'
import type { Head } from './head.ts'

/** How a request came, by what may be believed of it. */
export interface Forwarded {
  client: string
  proto: 'http' | 'https'
  /** Lower-cased, default port dropped. */
  host: string
  /** As in `AskedHost`. */
  anyPort: boolean
  forwardedFor: readonly string[]
  proxied: boolean
  /** The peer is a trusted proxy: it carries many visitors over its connections. */
  trustedPeer: boolean
}

/** Doors to which only a program leads that says who its visitors are. */
const believedDoors: ReadonlySet<IngressId> = new Set<IngressId>(['proxy', 'tailscale', 'tunnel'])

/** Why a request cannot be judged: a header of a trusted proxy is broken, or Host is. */
export type Unjudgeable = { broken: 'Host' | 'X-Forwarded-For' | 'X-Forwarded-Proto' | 'X-Forwarded-Host'; detail: string }

const NONE: readonly string[] = []

/**
 * Who the client is, over which scheme and by which name, from the peer and the X-Forwarded-* headers.
 *
 * Only a trusted peer is believed (`gateway.trustedProxies`, the proxy socket, whose file rights are the trust, and the doors for Tailscale and the tunnel); from anybody else the
 * headers are ignored and only make the request `proxied`, which is never local. X-Forwarded-For is read from the right, trusted addresses
 * are skipped, the first other is the client: what stands left of it is the client's own word. Broken headers of a trusted peer are refused
 * instead of guessed at. X-Real-IP, Forwarded and every other relative are never believed.
 */
export function judgeForwarded(
  peer: string | null,
  head: Pick<Head, 'host' | 'hosts' | 'forwardedFor' | 'forwardedProto' | 'forwardedHost' | 'proxied'>,
  trusted: (address: string) => boolean,
  ingress: IngressId,
): Forwarded | Unjudgeable {
  const address = peer === null ? null : (plainAddress(peer) ?? peer)
  // The proxy socket is 0660 in a folder closed to strangers: who can connect was let in by its owner. At the door for Tailscale its proxy writes
  // these headers, in place of what the visitor sent. Another program of this computer can write them there, too: they say for limits, names and
  // logs who came, and never who somebody is (contract 4, doors).
  const trustedPeer = believedDoors.has(ingress) || (ingress !== 'control' && address !== null && trusted(address))
  const self = address ?? ingress
  if (trustedPeer) return believe(self, head, trusted, ingress)
  const asked = hostOf(head, 'http')
  if (asked === null) return { broken: 'Host', detail: 'it is not a host name with an optional port' }
  const chain = head.forwardedFor === null ? NONE : items(head.forwardedFor)
  const { host, bare } = asked
  return { client: self, proto: 'http', host, anyPort: bare && head.proxied, forwardedFor: chain, proxied: head.proxied, trustedPeer }
}

function believe(
  self: string,
  head: Parameters<typeof judgeForwarded>[1],
  trusted: (address: string) => boolean,
  ingress: IngressId,
): Forwarded | Unjudgeable {
  const chain = head.forwardedFor === null ? NONE : items(head.forwardedFor)
  const addresses = chain.map((item) => plainAddress(item))
  const bad = addresses.indexOf(null)
  if (bad !== -1) return { broken: 'X-Forwarded-For', detail: `element ${bad + 1} is not an IP address` }
  // Every element is an address here: the null case has returned.
  const known = addresses as string[]
  const at = known.findLastIndex((address) => !trusted(address))
  const index = at === -1 ? 0 : at
  const proto = protoAt(head.forwardedProto, known.length, index)
  if (typeof proto === 'object') return proto
  const asked = hostOf(head, proto, true)
  if (asked === null)
    return { broken: head.forwardedHost ? 'X-Forwarded-Host' : 'Host', detail: 'it is not a host name with an optional port' }
  const { host, bare } = asked
  // The broker's own computer is another one than this: who comes from there is no program of ours, and must not be counted as one.
  const client = ingress === 'tunnel' && at === -1 ? self : (known[index] ?? self)
  return { client, proto, host, anyPort: bare, forwardedFor: chain, proxied: head.proxied, trustedPeer: true }
}

function protoAt(lines: string[] | null, hops: number, index: number): 'http' | 'https' | Unjudgeable {
  if (lines === null) return 'http'
  const protos = items(lines).map((item) => item.toLowerCase())
  if (protos.length !== 1 && protos.length !== hops) {
    return { broken: 'X-Forwarded-Proto', detail: `it has ${protos.length} elements for ${hops} in X-Forwarded-For` }
  }
  if (protos.some((proto) => !/^(?:https?|wss?)$/.test(proto)))
    return { broken: 'X-Forwarded-Proto', detail: 'an element is not http or https' }
  const proto = protos.length === 1 ? protos[0] : protos[index]
  return proto === 'https' || proto === 'wss' ? 'https' : 'http'
}

/** The name the request is judged by, and whether it came without a port: from a trusted peer the last X-Forwarded-Host, otherwise Host. */
function hostOf(
  head: Parameters<typeof judgeForwarded>[1],
  proto: 'http' | 'https',
  believed = false,
): { host: string; bare: boolean } | null {
  const forwarded = believed && head.forwardedHost ? items(head.forwardedHost).at(-1) : undefined
  const given = forwarded ?? (head.hosts === 1 ? head.host : null)
  const host = given === null ? null : normalHost(given, proto)
  return given === null || host === null ? null : { host, bare: !/:\d+$/.test(given) }
}

function items(lines: readonly string[]): string[] {
  return lines.flatMap((line) => line.split(',')).map((item) => item.trim())
}
