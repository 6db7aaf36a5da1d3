/**
 * The network that an address belongs to, for "not seen there before": the /24 of an IPv4 address, the /48 of an IPv6 address (what one site
 * usually has). Null where the text is no address. Pure.
 */
export function networkOf(address: string): string | null {
  const v4 = /^(?:::ffff:)?(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/i.exec(address)
  if (v4) return `${v4[1]}.0/24`
  const literal = `http://[${address.split('%')[0]}]`
  if (!address.includes(':') || !URL.canParse(literal)) return null
  return `${groupsOf(new URL(literal).hostname.slice(1, -1)).slice(0, 3).join(':')}::/48`
}

/** The eight groups of an address as URL writes it: shortest form, hexadecimal only. */
function groupsOf(address: string): string[] {
  const [left = [], right] = address.split('::').map((part) => (part === '' ? [] : part.split(':')))
  if (right === undefined) return left
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right]
}
