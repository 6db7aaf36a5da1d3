import type { Exchange } from './exchange.ts'

/**
 * Whether what Tailscale says of a visitor may be believed here: only at its door, and only where that is a unix socket (there is no address of a
 * peer then). The socket is 0600 in a folder of 0700, so that nobody can write to it but this user and root, as whom tailscaled runs; any program of
 * this computer can write the same headers to a TCP port. Pure.
 */
export function isVouchedByTailscale({ ingress, peer }: Pick<Exchange, 'ingress' | 'peer'>): boolean {
  return ingress === 'tailscale' && peer === null
}
