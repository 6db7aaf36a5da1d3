import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import type { XopcError } from '../../errors/error.ts'
import { cleanText } from '../../protocol/outside-text.ts'
import { isPrivateHost } from '../../protocol/reach.ts'
import { proxyErrors } from './errors.ts'

/** The six reasons to refuse a public URL; phones know them by these names. */
export type PublicUrlCode = 'invalid_url' | 'invalid_scheme' | 'has_userinfo' | 'has_path' | 'has_query_or_fragment' | 'requires_https'
/** A public URL as an origin, or why it is none. */
export type PublicUrlVerdict = { ok: true; url: string } | { ok: false; code: PublicUrlCode; error: XopcError }

/**
 * Reads `gateway.publicUrl`: lower-cased, default port and trailing `/` dropped. https for public names; http only for RFC 1918, loopback,
 * link-local, 100.64/10, ULA and `.local`. Throws nothing.
 */
export function normalizePublicUrl(text: string): PublicUrlVerdict {
  const given = text.trim()
  const parsed = parseUrl(given)
  const code = parsed === null ? 'invalid_url' : refusalOf(parsed, given)
  if (parsed !== null && code === null) return { ok: true, url: parsed.origin }
  const refused = code ?? 'invalid_url'
  const url = cleanText(given.replace(/\/\/[^/]*@/, '//***@'), 200)
  return { ok: false, code: refused, error: proxyErrors[refused]({ url }) }
}

function parseUrl(text: string): URL | null {
  // The URL parser quietly drops control characters and reads \ as /: what a person sees would not be what is dialled.
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0020\u007f\\]/.test(text) || !URL.canParse(text)) return null
  return new URL(text)
}

function refusalOf(url: URL, text: string): PublicUrlCode | null {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'invalid_scheme'
  if (!/^https?:\/\//i.test(text) || url.hostname === '' || url.port === '0') return 'invalid_url'
  const afterScheme = text.slice(text.indexOf('//') + 2)
  if (/^[^/?#]*@/.test(afterScheme)) return 'has_userinfo'
  if (url.pathname !== '/') return 'has_path'
  if (/[?#]/.test(afterScheme)) return 'has_query_or_fragment'
  return url.protocol === 'http:' && !isPrivateHost(url.hostname) ? 'requires_https' : null
}

/** `gateway.publicUrl`. */
export const publicUrlSetting = z.string().transform((text, context) => {
  const verdict = normalizePublicUrl(text)
  if (verdict.ok) return verdict.url
  context.addIssue({ code: 'custom', message: verdict.error.message, params: { error: verdict.error } })
  return z.NEVER
})

/** A network as its first address and prefix length; a v4-mapped one is read as IPv4. Null where the text is neither address nor range. */
export function parseNetwork(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text)) return unmapped(ipaddr.parse(text), null)
  if (!ipaddr.isValidCIDR(text) || !/^(\d+\.){3}\d+\/|:/.test(text)) return null
  const [address, bits] = ipaddr.parseCIDR(text)
  return unmapped(address, bits)
}

function unmapped(address: ipaddr.IPv4 | ipaddr.IPv6, bits: number | null): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const width = address.kind() === 'ipv4' ? 32 : 128
  const length = bits ?? width
  // `as`: ipaddr.js types give one class for both kinds; kind() just said that it is IPv6.
  const mapped = address.kind() === 'ipv6' && (address as ipaddr.IPv6).isIPv4MappedAddress() && length >= 96
  return mapped ? [(address as ipaddr.IPv6).toIPv4Address(), length - 96] : [address, length]
}

/** Why an entry of `trustedProxies` is refused, or null. No range may cover a good part of the internet, in one piece or in a few. */
export function proxyAddressRefusal(text: string): XopcError | null {
  const network = parseNetwork(text)
  if (network === null) return proxyErrors.PROXY_ADDRESS_INVALID({ address: text })
  const [address, bits] = network
  const narrowest = address.kind() === 'ipv4' ? 8 : 7
  return bits < narrowest || holdsAllIPv4(address, bits) ? proxyErrors.PROXY_RANGE_TOO_WIDE({ address: text }) : null
}

/** `::/8` and kin: every IPv4 address lies in `::ffff:0:0/96`, and is compared as what lies there. */
function holdsAllIPv4(address: ipaddr.IPv4 | ipaddr.IPv6, bits: number): boolean {
  return address.kind() === 'ipv6' && bits <= 96 && ipaddr.parse('::ffff:0:0').match(address, bits)
}

/** A warning for an entry of `trustedProxies` that trusts more than a small network, or null. */
export function proxyAddressWarning(text: string): XopcError | null {
  const network = parseNetwork(text)
  if (network === null) return null
  const [address, bits] = network
  return bits < (address.kind() === 'ipv4' ? 24 : 64) ? proxyErrors.PROXY_RANGE_WIDE({ address: text }) : null
}

/** `gateway.trustedProxies`. */
export const trustedProxiesSetting = z
  .array(
    z.string().superRefine((text, context) => {
      const error = proxyAddressRefusal(text)
      if (error !== null) context.addIssue({ code: 'custom', message: error.message, params: { error } })
    }),
  )
  .default([])

/** `gateway.proxySocket`. Longer paths would be cut by the system (sun_path in unix(7)). */
export const proxySocketSetting = z.string().superRefine((path, context) => {
  if (path.startsWith('/') && Buffer.byteLength(path) < 100 && !path.includes('\0')) return
  const error = proxyErrors.PROXY_SOCKET_INVALID({ path })
  context.addIssue({ code: 'custom', message: error.message, params: { error } })
})
