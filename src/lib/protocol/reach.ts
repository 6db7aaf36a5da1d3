import ipaddr from 'ipaddr.js'

/** From where a host name can be reached, as far as the name itself tells. */
export type Reach = 'loopback' | 'private' | 'public'

const privateRanges = new Set(['private', 'linkLocal', 'carrierGradeNat', 'uniqueLocal'])
// Who dials 0.0.0.0 or :: gets the own computer, as with a loopback address.
const loopbackRanges = new Set(['loopback', 'unspecified'])

/** Judges `URL.hostname` without looking anything up. */
export function reachOf(hostname: string): Reach {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  if (host === 'localhost' || host.endsWith('.localhost')) return 'loopback'
  if (!ipaddr.isValid(host)) return host.endsWith('.local') || !host.includes('.') ? 'private' : 'public'
  const range = ipaddr.process(host).range()
  if (loopbackRanges.has(range)) return 'loopback'
  return privateRanges.has(range) ? 'private' : 'public'
}

const plainRanges = new Set(['private', 'loopback', 'linkLocal', 'carrierGradeNat', 'uniqueLocal'])

/** Whether a host (as `URL.hostname` gives it) is one that plain http may go to: no name that somebody else could answer for. Looks nothing up. */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  if (ipaddr.isValid(host)) return plainRanges.has(ipaddr.process(host).range())
  return host === 'localhost' || host.endsWith('.localhost') || host.endsWith('.local')
}
