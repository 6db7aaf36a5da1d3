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

/**
 * Whether a request's Host (lower-cased) names this authority (as `URL.host` gives it). The port counts only where Host carries one, because
 * proxies on another port than the usual one often leave it out (nginx, `$host`).
 */
export function namesAuthority(host: string, authority: string, proto: 'http' | 'https'): boolean {
  if (withoutDefaultPort(host, proto) === authority) return true
  return hostName(host) === host && host === hostName(authority)
}
