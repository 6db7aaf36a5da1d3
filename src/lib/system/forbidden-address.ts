import ipaddr from 'ipaddr.js'

/** Addresses at which clouds hand out the secrets of a machine, beside the link-local range. */
const metadata = new Set(['fd00:ec2::254', '100.100.100.200', '168.63.129.16'].map((text) => ipaddr.parse(text).toNormalizedString()))
const metadataNames = new Set(['metadata', 'metadata.google.internal', 'instance-data', 'instance-data.ec2.internal'])

/** Why a host (as `URL.hostname` gives it, or an address that a name resolved to) is never connected to; null where it may be. Throws nothing. */
export function forbiddenReason(hostname: string): string | null {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  if (metadataNames.has(host)) return 'the metadata service of a cloud'
  if (!ipaddr.isValid(host)) return null
  const address = whereItEnds(host)
  if (metadata.has(address.toNormalizedString())) return 'the metadata service of a cloud'
  const range = address.range()
  if (range === 'linkLocal') return 'a link-local address'
  if (range === 'unspecified') return 'no address of one computer'
  return range === 'multicast' || range === 'broadcast' ? 'an address of many computers' : null
}

/** Who can reach an address. */
export type Reach = 'loopback' | 'private' | 'shared' | 'public'

/** Who can reach an IP literal: `shared` is 100.64/10, of a tailnet or behind a provider's NAT. Throws where the text is no IP literal. */
export function reachOfAddress(literal: string): Reach {
  const range = whereItEnds(literal).range()
  if (range === 'loopback') return 'loopback'
  if (range === 'carrierGradeNat') return 'shared'
  return range === 'private' || range === 'uniqueLocal' || range === 'linkLocal' ? 'private' : 'public'
}

/** The IPv4 address inside a v4-mapped, NAT64 (RFC 6052), 6to4 or compatible one: that is where a packet would end. */
function whereItEnds(literal: string): ipaddr.IPv4 | ipaddr.IPv6 {
  const address = ipaddr.process(literal)
  // `as`: the types give one class for both kinds.
  if (address.kind() === 'ipv4') return address
  const bytes = (address as ipaddr.IPv6).toByteArray()
  const startsWith = (...start: number[]): boolean => start.every((byte, index) => bytes[index] === byte)
  if (startsWith(0, 0x64, 0xff, 0x9b)) return new ipaddr.IPv4(bytes.slice(12))
  if (startsWith(0x20, 0x02)) return new ipaddr.IPv4(bytes.slice(2, 6))
  const compatible = bytes.slice(0, 12).every((byte) => byte === 0) && bytes.slice(12).some((byte, index) => index < 3 && byte !== 0)
  return compatible ? new ipaddr.IPv4(bytes.slice(12)) : address
}
