import { cleanText } from '../../protocol/outside-text.ts'
import type { Received } from '../../protocol/probe-api.ts'

const LONGEST = 300
const MOST = 20

const told = {
  host: 'host',
  forwardedFor: 'x-forwarded-for',
  forwardedProto: 'x-forwarded-proto',
  forwardedHost: 'x-forwarded-host',
  forwarded: 'forwarded',
  via: 'via',
  realIp: 'x-real-ip',
} as const satisfies Record<keyof Received, string>

/** The header lines by which a proxy tells of a request, cleaned and cut, from `rawHeaders`; never a credential. */
export function received(raw: readonly string[]): Received {
  const lines = (name: string) => valuesOf(raw, name).slice(0, MOST)
  return {
    host: lines(told.host),
    forwardedFor: lines(told.forwardedFor),
    forwardedProto: lines(told.forwardedProto),
    forwardedHost: lines(told.forwardedHost),
    forwarded: lines(told.forwarded),
    via: lines(told.via),
    realIp: lines(told.realIp),
  }
}

/** Header names that one kind of proxy adds and no client does. */
const tellTale =
  /^(?:cf-(?:ray|visitor|connecting-ip)|cdn-loop|x-forwarded-(?:server|port|prefix)|x-traefik.*|x-envoy-.*|x-amzn-trace-id|x-amz-cf-id|fly-.*|fastly-.*|akamai-.*|x-akamai-.*|tailscale-.*|x-vercel-.*|x-arr-.*|x-auth-request-.*|remote-(?:user|groups))$/

/** Lower-case names of request headers that tell which program forwarded the request; names only. */
export function hintsIn(raw: readonly string[]): string[] {
  const names = raw.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())
  return [...new Set(names.filter((name) => tellTale.test(name)))].slice(0, MOST)
}

function valuesOf(raw: readonly string[], name: string): string[] {
  return raw.filter((_, index) => index % 2 === 1 && raw[index - 1]?.toLowerCase() === name).map((value) => cleanText(value, LONGEST))
}
