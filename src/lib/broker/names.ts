import { randomInt } from 'node:crypto'

/** Letters and digits that nobody takes for another: no 0 and o, no 1, l and i. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789'
const LENGTH = 8

/** Names that people would take for the broker's own, or that mail, certificates and browsers give a meaning. */
const reserved = new Set(
  `abuse account accounts admin administrator auth autoconfig autodiscover billing blog broker cdn dashboard docs email frpc frps gateway
  help host hostmaster http https imap info internal ipv4 ipv6 isatap local localhost login mail mobile news noreply ns1 ns2 ntp
  official pop3 postmaster proxy root secure security signin smtp ssh ssl staff static status support system test tls tunnel tunnels
  update updates webmail webmaster wpad www1 www2 xopc xopcai`.split(/\s+/),
)

/** A random name of 8 characters. */
export function randomName(): string {
  return Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
}

/** Whether nobody may have it. Names of 3 characters and less (www, api) are none anyway. Pure. */
export function isReserved(subdomain: string): boolean {
  return reserved.has(subdomain) || subdomain.startsWith('xopc')
}
