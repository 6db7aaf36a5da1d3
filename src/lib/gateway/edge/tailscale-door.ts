import type { Exchange } from './exchange.ts'

const LOGIN = 'tailscale-user-login'
const FUNNEL = 'tailscale-funnel-request'

/**
 * Whether what Tailscale says of a visitor may be believed here: only at its door, and only where that is a unix socket (there is no address of a
 * peer then). The socket is 0600 in a folder of 0700, so that nobody can write to it but this user and root, as whom tailscaled runs; any program of
 * this computer can write the same headers to a TCP port. Pure.
 */
export function isVouchedByTailscale({ ingress, peer }: Pick<Exchange, 'ingress' | 'peer'>): boolean {
  return ingress === 'tailscale' && peer === null
}

/**
 * The login that Tailscale says the visitor of this request has. Its proxy takes these headers away from what a visitor sends and writes its own
 * (tailscale.com ipn/ipnlocal/serve.go). Null for visitors by Funnel, for nodes that belong to nobody, and wherever it is not believed. Pure.
 */
export function loginByTailscale(exchange: Pick<Exchange, 'ingress' | 'peer'>, raw: readonly string[]): string | null {
  if (!isVouchedByTailscale(exchange)) return null
  const [login, ...others] = valuesOf(raw, LOGIN)
  if (login === undefined || others.length > 0 || valuesOf(raw, FUNNEL).length > 0) return null
  return decoded(login)
}

function valuesOf(raw: readonly string[], name: string): string[] {
  return raw.flatMap((value, index) => (index % 2 === 1 && raw[index - 1]?.toLowerCase() === name ? [value] : []))
}

/** What is not ASCII is Q-encoded (RFC 2047), one word after the other. */
function decoded(value: string): string {
  if (!/^=\?utf-8\?q\?/i.test(value)) return value
  const words = [...value.matchAll(/=\?utf-8\?q\?([^?]*)\?=/gi)].map(([, text = '']) => text)
  const bytes = words
    .join('')
    .replaceAll('_', ' ')
    .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
