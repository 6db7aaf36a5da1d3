import { cleanText } from '../../../protocol/outside-text.ts'
import { proxyErrors } from '../errors.ts'

/** RFC 1123, 2.1: letters, digits and hyphens, no hyphen at either end, at most 63 characters. */
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** A host name for a proxy's configuration, lower-cased. Pure. Throws `invalid_domain`. */
export function domainOf(text: string): string {
  const domain = text.toLowerCase()
  if (!isDomain(domain)) throw proxyErrors.invalid_domain({ domain: cleanText(text, 100) })
  return domain
}

/**
 * Whether a text is a host name, strict enough that nothing in it can mean anything else in a configuration: lower case, at least two labels, the
 * last one no number (that would be an address), at most 253 characters. Pure.
 */
export function isDomain(text: string): boolean {
  const labels = text.split('.')
  return text.length <= 253 && labels.length > 1 && labels.every((each) => label.test(each)) && !/^\d+$/.test(labels.at(-1) ?? '')
}
