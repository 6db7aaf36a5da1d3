import { type AskedHost, hostName, namesAuthority, withoutDefaultPort } from '../../protocol/authority.ts'

const AUTHORITY = /^(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)(?::\d{1,5})?$/

/** A Host value as it is compared: lower-cased, default port dropped. Null where it is not a host with an optional port. */
export function normalHost(host: string, proto: 'http' | 'https'): string | null {
  const lower = host.toLowerCase()
  if (lower.length > 260 || !AUTHORITY.test(lower)) return null
  return withoutDefaultPort(lower, proto)
}

/** Whether a host is a loopback name, on any port: browsers and resolvers never take these three to another computer. */
export function isLoopbackHost(host: string): boolean {
  const name = hostName(host)
  return name === 'localhost' || name === '127.0.0.1' || name === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name)
}

/** Whether a page of this origin is at this host: the one rule by which an unknown name may become known, at sign-in, and by which an origin is signed. */
export function isOriginOf(origin: string, asked: AskedHost): boolean {
  const match = /^(https?):\/\/([^/]+)$/.exec(origin)
  if (match === null) return false
  const proto = match[1] === 'https' ? 'https' : 'http'
  return namesAuthority(asked, withoutDefaultPort(match[2] ?? '', proto), proto)
}
