import { BlockList, isIP } from 'node:net'

/** An address as it is compared everywhere: IPv4 where it is v4-mapped, no zone, lower case. Null where the text is not an IP literal. */
export function plainAddress(text: string): string | null {
  const version = isIP(text)
  if (version === 0) return null
  if (version === 4) return text
  const [bare = ''] = text.toLowerCase().split('%')
  return mappedV4(bare) ?? bare
}

/** The IPv4 address inside `::ffff:1.2.3.4` or `::ffff:102:304`. */
function mappedV4(address: string): string | null {
  if (!address.includes('ffff:')) return null
  const groups = expand(address)
  if (groups.slice(0, 5).some((group) => group !== 0) || groups[5] !== 0xffff) return null
  const [high = 0, low = 0] = groups.slice(6)
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** The eight groups of an IPv6 literal. */
function expand(address: string): number[] {
  const [head = '', tail] = address.split('::')
  const left = groupsOf(head)
  const right = tail === undefined ? [] : groupsOf(tail)
  return tail === undefined ? left : [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right]
}

function groupsOf(part: string): number[] {
  if (part === '') return []
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [(a << 8) | b, (c << 8) | d]
  })
}

/** What counts as one source in every limit: an IPv4 address, or the /64 of an IPv6 address (one subscriber has all of it). Text that is no address is its own source. */
export function sourceOf(client: string): string {
  if (isIP(client) !== 6) return client
  const address = plainAddress(client) ?? client
  if (isIP(address) === 4) return address
  return `${expand(address)
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`
}

/** Whether the address is this computer's loopback. */
export function isLoopback(address: string): boolean {
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'))
}

/** Tells addresses of `gateway.trustedProxies` (IP literals and CIDRs) from others. */
export function createTrust(list: readonly string[]): (address: string) => boolean {
  if (list.length === 0) return () => false
  const blocks = new BlockList()
  for (const entry of list) add(blocks, entry)
  return (address) => blocks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

function add(blocks: BlockList, entry: string): void {
  const [address = '', bits] = entry.split('/')
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  if (bits === undefined) blocks.addAddress(address, family)
  else blocks.addSubnet(address, Number(bits), family)
}
