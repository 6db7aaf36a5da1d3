import type { Culprit } from '../protocol/http-api.ts'
import { cleanText } from '../protocol/outside-text.ts'
import { nobody } from './judged.ts'
import type { HeaderLines, Reply } from './reply.ts'

/** Programs that can be told by what they write into replies and requests. */
export type Program =
  | 'nginx'
  | 'Caddy'
  | 'Apache'
  | 'HAProxy'
  | 'Traefik'
  | 'Cloudflare'
  | 'frp'
  | 'Tailscale'
  | 'Envoy'
  | 'Varnish'
  | 'Fastly'
  | 'CloudFront'
  | 'Akamai'
  | 'Fly.io'
  | 'AWS load balancer'
  | 'Google load balancer'
  | 'ngrok'
  | 'LiteSpeed'
  | 'IIS'
  | 'Squid'
  | 'oauth2-proxy'
  | 'Authelia'
  | 'authentik'
  | 'Pomerium'
  | 'Cloudflare Access'

/** Reply headers that only this program writes. The nearest to the gateway first: what a CDN in front passes on still names it. */
const byReply: readonly [program: Program, header: string, value: RegExp][] = [
  ['nginx', 'Server', /^(nginx|openresty|tengine)\b/i],
  ['Caddy', 'Server', /^caddy\b/i],
  ['Caddy', 'Via', /\bcaddy\b/i],
  ['Apache', 'Server', /^apache\b/i],
  ['HAProxy', 'Server', /^haproxy\b/i],
  ['HAProxy', 'Via', /\bhaproxy\b/i],
  ['Traefik', 'Server', /^traefik\b/i],
  ['Envoy', 'Server', /^(envoy|istio-envoy)\b/i],
  ['Envoy', 'X-Envoy-Upstream-Service-Time', /./],
  ['LiteSpeed', 'Server', /^litespeed\b/i],
  ['IIS', 'Server', /^microsoft-iis\b/i],
  ['Squid', 'Server', /^squid\b/i],
  ['Squid', 'Via', /\(squid/i],
  ['ngrok', 'Ngrok-Error-Code', /./],
  ['ngrok', 'Ngrok-Agent-Ips', /./],
  ['Cloudflare', 'Server', /^cloudflare\b/i],
  ['Cloudflare', 'CF-RAY', /./],
  ['AWS load balancer', 'Server', /^awselb\b/i],
  ['CloudFront', 'X-Amz-Cf-Id', /./],
  ['CloudFront', 'Via', /\(cloudfront\)/i],
  ['Fastly', 'X-Served-By', /^cache-/i],
  ['Varnish', 'X-Varnish', /./],
  ['Varnish', 'Via', /\bvarnish\b/i],
  ['Akamai', 'Server', /^akamai/i],
  ['Fly.io', 'Server', /^fly\b/i],
  ['Google load balancer', 'Via', /\bgoogle\b/i],
]

/** Error pages that only this program writes, told by their wording. */
const byPage: readonly [program: Program, page: RegExp][] = [
  ['nginx', /<center>(nginx|openresty)\b/i],
  ['HAProxy', /No server is available to handle this request/],
  ['Cloudflare', /\bError 10\d\d\b|cf-error-details/],
  ['frp', /Faithfully yours, frp\./],
  ['Apache', /<address>Apache\b/],
  ['Squid', /Generated .{0,80}\(squid\//],
]

/** Header names that only this program adds to the requests that it passes on. */
const byRequest: readonly [program: Program, name: RegExp][] = [
  ['Cloudflare', /^(cf-|cdn-loop$)/],
  ['Tailscale', /^tailscale-/],
  ['Fly.io', /^fly-/],
  ['Fastly', /^fastly-/],
  ['Akamai', /^(x-)?akamai-/],
  ['CloudFront', /^x-amz-cf-id$/],
  ['AWS load balancer', /^x-amzn-trace-id$/],
  ['Envoy', /^x-envoy-/],
  ['Traefik', /^x-traefik/],
  ['oauth2-proxy', /^x-auth-request-/],
]

/** Who answered, by the headers of the reply. */
export function culpritIn(headers: HeaderLines): Culprit {
  for (const [program, name, value] of byReply) {
    const line = headers.get(name.toLowerCase())?.find((each) => value.test(each))
    if (line !== undefined) return { program, evidence: `${name}: ${cleanText(line, 80)}` }
  }
  return nobody
}

/** Who answered, by the headers of the reply or the wording of an error page. */
export function culpritOf(reply: Reply): Culprit {
  const told = culpritIn(reply.headers)
  if (told.program !== null) return told
  const page = byPage.find(([, wording]) => wording.test(reply.body))
  return page === undefined ? nobody : { program: page[0], evidence: 'the wording of its error page' }
}

/** Who passed a request on, by the names of the headers that it arrived with. Traefik and Apache share `X-Forwarded-Server`; only Traefik adds the port. */
export function culpritByHints(hints: readonly string[]): Culprit {
  for (const [program, pattern] of byRequest) {
    const name = hints.find((each) => pattern.test(each))
    if (name !== undefined) return { program, evidence: `request header ${cleanText(name, 60)}` }
  }
  if (!hints.includes('x-forwarded-server')) return nobody
  const program: Program = hints.includes('x-forwarded-port') ? 'Traefik' : 'Apache'
  return { program, evidence: 'request header x-forwarded-server' }
}

/** The first of several that is known. */
export function firstKnown(...culprits: readonly Culprit[]): Culprit {
  return culprits.find(({ program }) => program !== null) ?? nobody
}
