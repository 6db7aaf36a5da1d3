import ipaddr from 'ipaddr.js'
import type { XopcError } from '../errors/error.ts'
import { configErrors } from './errors.ts'

/** Where the app behind the gateway listens. */
export interface UpstreamAddress {
  kind: 'tcp' | 'unix'
  /** `http://127.0.0.1:3000`; for a unix socket `http://localhost`. */
  origin: string
  /** The host without brackets, and the port; of a unix socket `localhost` and 0. */
  host: string
  port: number
  /** Path of the unix socket. */
  socketPath: string | null
  /** Value of the Authorization header that the URL's userinfo asks for. */
  authorization: string | null
}

/** An upstream URL, read; or why it is refused. */
export type UpstreamVerdict = { ok: true; address: UpstreamAddress } | { ok: false; error: XopcError }

/** Reads `gateway.upstream.url`: http, https or `unix:/path`. Looks nothing up. Throws nothing. */
export function readUpstream(text: string): UpstreamVerdict {
  const invalid = (reason: string): UpstreamVerdict => ({
    ok: false,
    error: configErrors.UPSTREAM_INVALID({ url: hideUserinfo(text), reason }),
  })
  if (text.startsWith('unix:')) return readUnix(text, invalid)
  if (!/^https?:\/\//i.test(text)) return invalid('it starts with none of http://, https:// and unix:/')
  // oxlint-disable-next-line no-control-regex -- the URL parser would drop them without a word
  if (/[\u0000-\u0020\u007f\\]/.test(text) || !URL.canParse(text)) return invalid('it cannot be read as a URL')
  const url = new URL(text)
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') return invalid('it has a path, a query or a fragment')
  const forbidden = forbiddenReason(url.hostname)
  if (forbidden !== null) return { ok: false, error: configErrors.UPSTREAM_FORBIDDEN({ url: hideUserinfo(text), reason: forbidden }) }
  return { ok: true, address: tcpAddress(url) }
}

function readUnix(text: string, invalid: (reason: string) => UpstreamVerdict): UpstreamVerdict {
  const socketPath = text.slice('unix:'.length).replace(/^\/\/(?=\/)/, '')
  if (!/^\/[^/]/.test(socketPath) || socketPath.includes('\0')) return invalid('a socket needs an absolute path')
  // The limit of sun_path in unix(7), with room for systems that have less.
  if (Buffer.byteLength(socketPath) > 99) return invalid('the path of a socket has at most 99 bytes')
  return { ok: true, address: { kind: 'unix', origin: 'http://localhost', host: 'localhost', port: 0, socketPath, authorization: null } }
}

function tcpAddress(url: URL): UpstreamAddress {
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
  return { kind: 'tcp', origin: url.origin, host: bare(url.hostname), port, socketPath: null, authorization: basic(url) }
}

function basic({ username, password }: URL): string | null {
  if (username === '' && password === '') return null
  return `Basic ${Buffer.from(`${decode(username)}:${decode(password)}`).toString('base64')}`
}

/** A `%` that starts no escape is itself. */
function decode(text: string): string {
  return text.replaceAll(/(%[0-9a-f]{2})+/gi, (escapes) => Buffer.from(escapes.replaceAll('%', ''), 'hex').toString())
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
}

/** The password in a URL; null where it has none or cannot be read. */
export function passwordIn(text: string): string | null {
  return URL.canParse(text) ? decode(new URL(text).password) || null : null
}

/** A URL with its userinfo shown as `***`. */
export function hideUserinfo(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1***@')
}

/** Addresses at which clouds hand out the secrets of a machine, beside the link-local range. */
const metadata = new Set(['fd00:ec2::254', '100.100.100.200', '168.63.129.16'].map((text) => ipaddr.parse(text).toNormalizedString()))
const metadataNames = new Set(['metadata', 'metadata.google.internal', 'instance-data', 'instance-data.ec2.internal'])

/** Why a host (as `URL.hostname` gives it, or an address that a name resolved to) is never connected to; null where it may be. */
export function forbiddenReason(hostname: string): string | null {
  const host = bare(hostname)
  if (metadataNames.has(host)) return 'the metadata service of a cloud'
  if (!ipaddr.isValid(host)) return null
  const address = embedded(ipaddr.process(host))
  if (metadata.has(address.toNormalizedString())) return 'the metadata service of a cloud'
  const range = address.range()
  if (range === 'linkLocal') return 'a link-local address'
  if (range === 'unspecified') return 'no address of one computer'
  return range === 'multicast' || range === 'broadcast' ? 'an address of many computers' : null
}

/** The IPv4 address inside a NAT64 (RFC 6052), 6to4 or compatible one: that is where a packet would end. */
function embedded(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  // `as`: the types give one class for both kinds.
  if (address.kind() === 'ipv4') return address
  const bytes = (address as ipaddr.IPv6).toByteArray()
  const startsWith = (...start: number[]): boolean => start.every((byte, index) => bytes[index] === byte)
  if (startsWith(0, 0x64, 0xff, 0x9b)) return new ipaddr.IPv4(bytes.slice(12))
  if (startsWith(0x20, 0x02)) return new ipaddr.IPv4(bytes.slice(2, 6))
  const compatible = bytes.slice(0, 12).every((byte) => byte === 0) && bytes.slice(12).some((byte, index) => index < 3 && byte !== 0)
  return compatible ? new ipaddr.IPv4(bytes.slice(12)) : address
}
