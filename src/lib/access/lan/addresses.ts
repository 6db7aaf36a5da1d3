import ipaddr from 'ipaddr.js'

/** An address of one of this computer's network interfaces. */
export interface LocalAddress {
  address: string
  /** `eth0`. */
  interface: string
  kind: 'loopback' | 'physical' | 'virtual' | 'vpn'
}

/** Who can send to an address: this computer, one cable, a private network, a tailnet, everybody. */
export type Reach = 'loopback' | 'link' | 'private' | 'tailnet' | 'public'

// 100.64.0.0/10 and fd7a:115c:a1e0::/48 are what Tailscale gives its devices: https://tailscale.com/kb/1015/100.x-addresses
const tailnetRange = ipaddr.parseCIDR('fd7a:115c:a1e0::/48')

/** Who can send to an address; `null` where nothing can listen on it for others (unspecified, multicast, with a zone, not an address). */
export function reachOf(address: string): Reach | null {
  // fe80:: addresses need the zone of the asking computer, so no URL can name them.
  if (address.includes('%') || !ipaddr.isValid(address)) return null
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv6' && parsed.match(tailnetRange)) return 'tailnet'
  const range = parsed.range()
  if (range === 'loopback') return 'loopback'
  if (range === 'private' || range === 'uniqueLocal') return 'private'
  if (range === 'carrierGradeNat') return 'tailnet'
  if (range === 'linkLocal') return parsed.kind() === 'ipv4' ? 'link' : null
  return ['unspecified', 'multicast', 'broadcast'].includes(range) ? null : 'public'
}

/** The addresses that a `gateway.bind` means beyond loopback, best for a device first. Pure. */
export function addressesFor(bind: string, all: readonly LocalAddress[]): LocalAddress[] {
  const meant = all.filter(({ address, kind }) => kind !== 'loopback' && isMeant(bind, address))
  return meant.toSorted((left, right) => rank(left) - rank(right))
}

/** Addresses of this computer that `--address` may name, best first. */
export function usableAddresses(all: readonly LocalAddress[]): LocalAddress[] {
  return addressesFor('::', all)
}

/** `192.168.1.5:18790`, `[fd00::5]:18790`. */
export function authorityOf(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** What keeps a device on the network from using an address, in words; null where nothing is known to. */
export function noteOf({ address, interface: name, kind }: LocalAddress): string | null {
  if (kind === 'virtual') return `${name} is a network of virtual machines or containers on this computer; other devices do not reach it`
  if (kind === 'vpn') return `${name} is a VPN; only devices in it reach this address`
  const reach = reachOf(address)
  if (reach === 'link') return `${name} has no address from a router; only devices on the same cable or Wi-Fi without one reach it`
  return reach === 'public' ? 'a public address: anyone on the internet may be able to reach it' : null
}

function isMeant(bind: string, address: string): boolean {
  const reach = reachOf(address)
  if (reach === null || reach === 'loopback') return false
  if (bind === 'lan') return reach === 'private' || reach === 'link'
  if (bind === 'tailnet') return reach === 'tailnet'
  if (bind === '::') return true
  if (bind === '0.0.0.0') return ipaddr.parse(address).kind() === 'ipv4'
  return isSame(bind, address)
}

function isSame(bind: string, address: string): boolean {
  return ipaddr.isValid(bind) && ipaddr.process(bind).toString() === ipaddr.process(address).toString()
}

function rank({ address, kind }: LocalAddress): number {
  const byKind = { physical: 0, vpn: 100, virtual: 200, loopback: 300 }[kind]
  const byReach = { private: 0, tailnet: 10, public: 20, link: 30, loopback: 40 }[reachOf(address) ?? 'loopback']
  return byKind + byReach + (ipaddr.parse(address).kind() === 'ipv4' ? 0 : 1)
}
