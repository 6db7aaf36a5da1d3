import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'

/** What a proxy adds; whoever sends one is not a program of this computer asking for itself. */
const forwardedHeaders = ['forwarded', 'via', 'x-real-ip', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port']

/**
 * Who asks, for limits: an IPv4 address, or the first 64 bits of an IPv6 address, which one person has all of. A proxy on this computer is believed
 * about the last hop, which is the one that it saw itself. Pure.
 */
export function sourceOf(peer: string | undefined, forwardedFor: string | undefined): string {
  const last = isLoopback(peer) ? forwardedFor?.split(',').at(-1)?.trim() : undefined
  return sourceIn(last !== undefined && ipaddr.isValid(last) ? last : (peer ?? ''))
}

/** Whether a program of this computer asks for itself: it comes from loopback and nobody forwarded it. Pure. */
export function isOwn(req: Pick<IncomingMessage, 'socket' | 'headers'>): boolean {
  return isLoopback(req.socket.remoteAddress) && forwardedHeaders.every((name) => req.headers[name] === undefined)
}

/** Pure. */
export function isLoopback(address: string | undefined): boolean {
  if (address === '127.0.0.1') return true
  return address !== undefined && ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback'
}

function sourceIn(address: string): string {
  if (!ipaddr.isValid(address)) return 'unknown'
  const parsed = ipaddr.process(address)
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString()
  return `${parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`
}
