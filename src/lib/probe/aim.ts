import { isIP } from 'node:net'

/** What is tested, taken apart once. */
export interface Aim {
  /** `https://gateway.example.com:8443`, byte for byte as it is signed. */
  readonly origin: string
  readonly scheme: 'http' | 'https'
  /** What belongs into Host: `gateway.example.com:8443`. */
  readonly authority: string
  /** The name or IP literal alone: no brackets, no final dot. */
  readonly name: string
  /** Whether `name` is an IP literal. */
  readonly literal: boolean
  readonly port: number
}

/** Reads an origin as `normalizePublicUrl` gives it. Throws a TypeError where the text is no URL. */
export function aimAt(url: string): Aim {
  const { origin, protocol, host, hostname, port } = new URL(url)
  const scheme = protocol === 'https:' ? 'https' : 'http'
  const name = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  return { origin, scheme, authority: host, name, literal: isIP(name) !== 0, port: Number(port) || (scheme === 'https' ? 443 : 80) }
}

/**
 * The name as it may stand in a line that a person copies into a terminal or a configuration. A URL may hold more characters than a host name
 * has (`$`, `;`, quotes), and those would be run.
 */
export function nameInText({ name, literal }: Aim): string {
  return literal || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name) ? name : 'gateway.example.com'
}

/** The same for a whole origin: the tested one, or another scheme and port of the same name. */
export function originInText(aim: Aim, { scheme, port }: Pick<Aim, 'scheme' | 'port'> = aim): string {
  const name = nameInText(aim)
  const usual = port === (scheme === 'https' ? 443 : 80)
  return `${scheme}://${name.includes(':') ? `[${name}]` : name}${usual ? '' : `:${port}`}`
}
