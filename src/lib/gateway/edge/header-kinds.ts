import { dashedName } from './header-names.ts'

/** What a request header means to the edge. */
export type HeaderKind =
  | 'plain'
  | 'dropped'
  | 'host'
  | 'origin'
  | 'authorization'
  | 'token'
  | 'api-key'
  | 'cookie'
  | 'forwarded-for'
  | 'forwarded-proto'
  | 'forwarded-host'
  | 'forwarded-other'
  | 'via'
  | 'connection'
  | 'upgrade'
  | 'content-length'
  | 'transfer-encoding'
  | 'expect'

const known: ReadonlyMap<string, HeaderKind> = new Map([
  ['host', 'host'],
  ['origin', 'origin'],
  ['authorization', 'authorization'],
  ['x-xopc-token', 'token'],
  ['x-api-key', 'api-key'],
  ['cookie', 'cookie'],
  ['x-forwarded-for', 'forwarded-for'],
  ['x-forwarded-proto', 'forwarded-proto'],
  ['x-forwarded-host', 'forwarded-host'],
  ['forwarded', 'forwarded-other'],
  ['via', 'via'],
  ['connection', 'connection'],
  ['upgrade', 'upgrade'],
  ['content-length', 'content-length'],
  ['transfer-encoding', 'transfer-encoding'],
  ['expect', 'expect'],
])

/** Hop by hop (RFC 9110, 7.6.1), or a proxy's word on address and path that apps believe: the gateway is the proxy here. */
const droppedNames: ReadonlySet<string> = new Set([
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'http2-settings',
  'x-real-ip',
  'true-client-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
  'x-original-forwarded-for',
  'x-forwarded',
  'forwarded-for',
  'x-original-url',
  'x-original-uri',
  'x-original-method',
  'x-original-host',
  'x-rewrite-url',
  'x-envoy-original-path',
  'front-end-https',
])

/** Identity as proxies state it; apps that trust such a header must get it from nobody but their proxy. */
const identityNames: ReadonlySet<string> = new Set([
  'x-goog-iap-jwt-assertion',
  'x-user',
  'x-username',
  'x-userid',
  'x-user-id',
  'x-user-email',
  'x-email',
  'x-groups',
])
const identityPrefixes = [
  'remote-',
  'x-remote-',
  'x-webauth-',
  'x-auth-request-',
  'x-auth-user',
  'x-authenticated-',
  'x-authentik-',
  'x-goog-authenticated-user-',
  'x-amzn-oidc-',
  'x-ms-client-principal',
  'x-pomerium-',
  'x-vouch-',
  'x-token-user-',
  'x-client-cert',
  'x-ssl-client-',
  'ssl-client-',
  'cf-access-',
  'tailscale-',
]

const cache = new Map<string, HeaderKind>()
const MAX_CACHED = 2_000

/** What a header's name, as written on the wire, means. Names are compared as `dashedName` gives them. */
export function headerKind(name: string): HeaderKind {
  const cached = cache.get(name)
  if (cached !== undefined) return cached
  const kind = classify(name.toLowerCase())
  // Strangers choose names, so the cache stops growing instead of following them.
  if (cache.size < MAX_CACHED) cache.set(name, kind)
  return kind
}

function classify(lower: string): HeaderKind {
  const exact = known.get(lower)
  if (exact !== undefined) return exact
  const dashed = dashedName(lower)
  // Whoever wrote it meant a proxy, so it is not local; `X_Forwarded_For` is as little believed as `X-Forwarded-Port`.
  if (dashed.startsWith('x-forwarded-')) return 'forwarded-other'
  // A twin such as `content_length` is neither believed nor passed on.
  if (dashed !== lower && known.has(dashed)) return 'dropped'
  return isDropped(dashed) ? 'dropped' : 'plain'
}

function isDropped(name: string): boolean {
  return (
    name.startsWith('x-xopc-') ||
    droppedNames.has(name) ||
    identityNames.has(name) ||
    identityPrefixes.some((prefix) => name.startsWith(prefix))
  )
}
