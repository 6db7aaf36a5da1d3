/** Drops `:80` of http and `:443` of https. */
export function withoutDefaultPort(host: string, proto: 'http' | 'https'): string {
  const port = proto === 'https' ? ':443' : ':80'
  return host.endsWith(port) ? host.slice(0, -port.length) : host
}

/** Host without its port; an IPv6 literal keeps its brackets. */
export function hostName(host: string): string {
  const at = host.lastIndexOf(':')
  return at > host.lastIndexOf(']') ? host.slice(0, at) : host
}

/** The name that a request was made by. */
export interface AskedHost {
  /** Lower-cased, default port dropped. */
  readonly host: string
  /** Host carries no port and came through a proxy: many leave the port out (nginx, `$host`), so any port of that host may be meant. */
  readonly anyPort: boolean
}

/** Whether a request was made by this authority (as `URL.host` gives it). */
export function namesAuthority({ host, anyPort }: AskedHost, authority: string, proto: 'http' | 'https'): boolean {
  return withoutDefaultPort(host, proto) === authority || (anyPort && host === hostName(authority))
}
