import ipaddr from 'ipaddr.js'
import { isLoopbackBind } from '../access/lan/config.ts'
import { proxyAddressWarning } from '../access/proxy/config.ts'
import { configErrors } from './errors.ts'
import { type Found, found } from './problems.ts'
import type { Rule, RuleContext } from './rule.ts'
import { type UpstreamAddress, hideUserinfo, readUpstream } from './upstream-url.ts'

const key = 'gateway.upstream.url'

const upstream: Rule = (context): Found[] => {
  const url = context.config.gateway.upstream?.url
  if (url === undefined) return []
  const verdict = readUpstream(url)
  if (!verdict.ok) return [found(key, verdict.error)]
  return isOurs(verdict.address, context) ? [found(key, configErrors.UPSTREAM_IS_GATEWAY({ url: hideUserinfo(url) }))] : []
}

function isOurs(address: UpstreamAddress, { config: { gateway }, ownHosts }: RuleContext): boolean {
  if (address.socketPath !== null)
    return address.socketPath === gateway.proxySocket || /\/(run|xopc-\d+)\/control\.sock$/.test(address.socketPath)
  if (address.port !== gateway.port) return false
  if (isLoopbackName(address.host)) return true
  return !isLoopbackBind(gateway.bind) && [...ownHosts, gateway.bind].some((own) => sameHost(own, address.host))
}

function isLoopbackName(host: string): boolean {
  if (ipaddr.isValid(host)) return ipaddr.process(host).range() === 'loopback'
  return host === 'localhost' || host.endsWith('.localhost')
}

function sameHost(one: string, other: string): boolean {
  const [first, second] = [one, other].map((text) => (ipaddr.isValid(text) ? ipaddr.process(text).toNormalizedString() : null))
  return first === null ? one === other : first === second
}

const corsOrigins: Rule = ({ config: { gateway } }) =>
  gateway.corsOrigins.flatMap((origin, index) => {
    const reason = originRefusal(origin)
    return reason === null ? [] : [found(`gateway.corsOrigins.${index}`, configErrors.CORS_ORIGIN_INVALID({ origin, reason }))]
  })

function originRefusal(origin: string): string | null {
  if (origin.includes('*')) return 'a wildcard lets in whoever can get a name under it'
  if (!/^https?:\/\//.test(origin)) return 'only pages from http:// and https:// have an origin of their own'
  if (!URL.canParse(origin)) return 'it cannot be read as a URL'
  const exact = new URL(origin).origin
  return exact === origin ? null : `a browser would write it ${exact}`
}

const wideProxies: Rule = ({ config: { gateway } }) =>
  gateway.trustedProxies.flatMap((address, index) => {
    const error = proxyAddressWarning(address)
    return error === null ? [] : [found(`gateway.trustedProxies.${index}`, error, 'warning')]
  })

/** Rules about addresses. */
export const networkRules: readonly Rule[] = [upstream, corsOrigins, wideProxies]
