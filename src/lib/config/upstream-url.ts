import type { XopcError } from '../errors/error.ts'
import { forbiddenReason } from '../system/forbidden-address.ts'
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
