import type { IncomingMessage } from 'node:http'
import type { XopcError } from '../../errors/error.ts'
import type { Devices } from '../../identity/devices.ts'
import type { Pairing } from '../../identity/pairing.ts'
import type { Sessions } from '../../identity/sessions.ts'
import type { AskedHost } from '../../protocol/authority.ts'
import type { IngressId } from '../../protocol/http-api.ts'
import { cleanText } from '../../protocol/outside-text.ts'
import { gatewayErrors } from '../errors.ts'
import { type Authenticator, NOBODY, type Proof } from './auth.ts'
import { edgeErrors } from './errors.ts'
import type { Exchange } from './exchange.ts'
import { type Forwarded, type Unjudgeable, judgeForwarded } from './forwarded.ts'
import { type Head, readHead } from './head.ts'
import { isLoopbackHost, isOriginOf } from './host.ts'
import type { Names } from './origin.ts'
import { identityDoors } from './proxy-identity.ts'
import { loginByTailscale } from './tailscale-door.ts'
import { headByTunnel, isTunnelHop } from './tunnel-door.ts'
import { identityError, unprovenError } from './unproven.ts'
import { type Place, placeOf } from './paths.ts'
import { cutTicket } from './ticket-url.ts'
import { asksForWorker } from './worker-end.ts'

/** What becomes of a request. `forwarded` is null only where the request could not be read that far. */
export type Verdict =
  | { to: 'refusal'; error: XopcError; forwarded: Forwarded | null; proof: Proof | null }
  | { to: 'health'; forwarded: Forwarded }
  /** A page of `gateway.corsOrigins` asks what it may do with our API. */
  | { to: 'preflight'; origin: string; forwarded: Forwarded }
  /** A person without a session, to be shown where to sign in. */
  | { to: 'sign-in'; forwarded: Forwarded }
  /** The service worker of an app that is not behind this address any more, or of a person who is signed out. */
  | { to: 'worker-end'; forwarded: Forwarded }
  | { to: 'control'; url: string; exchange: Exchange; head: Head; proof: Proof; forwarded: Forwarded }
  | { to: 'app'; exchange: Exchange; head: Head; proof: Proof; forwarded: Forwarded }

/** What the judgement knows of the gateway. */
export interface Bench {
  names: Names
  sessions: Sessions
  devices: Pick<Devices, 'isOrigin' | 'isHost'>
  pairing: Pick<Pairing, 'isOrigin' | 'isHost'>
  authenticator: Authenticator
  trusted: (address: string) => boolean
  hasUpstream: () => boolean
  /** `gateway.auth.mode` is none. */
  asksNobody: () => boolean
}

/** A request as read, before anything was decided. */
interface Case {
  req: IncomingMessage
  method: string
  ingress: IngressId
  upgrade: boolean
  head: Head
  forwarded: Forwarded
  target: string
  ticket: string | null
  place: Exclude<Place, { to: 'health' }>
  origin: string | null
  /** Origin is not ours. */
  foreign: boolean
}

/** The order in which every request is judged, all of it before a byte of its body is read. */
export function judge(bench: Bench, req: IncomingMessage, ingress: IngressId, upgrade: boolean): Verdict {
  const read = readCase(bench, req, ingress, upgrade)
  if ('to' in read) return read
  return judgeOrigin(bench, read) ?? judgeCredentials(bench, read)
}

/** The form: one path, one host, and what a trusted proxy says is well said. Health needs nothing of what follows. */
function readCase(bench: Bench, req: IncomingMessage, ingress: IngressId, upgrade: boolean): Case | Verdict {
  const { method = '', url = '' } = req
  const head = readHead(req.rawHeaders)
  const peer = req.socket.remoteAddress ?? null
  if (!url.startsWith('/') || method === 'TRACE' || method === 'CONNECT' || head.repeated) {
    return refuse(edgeErrors.TARGET_INVALID(), null)
  }
  const forwarded =
    ingress === 'tunnel'
      ? judgeForwarded(peer, headByTunnel(head, bench.names.of(ingress)), isTunnelHop, ingress)
      : judgeForwarded(peer, head, bench.trusted, ingress)
  if ('broken' in forwarded) return refuse(brokenError(forwarded), null)
  const { target, ticket: cut } = cutTicket(url)
  // EventSource and WebSocket ask by GET; nothing that changes anything takes its right from a URL.
  const ticket = method === 'GET' ? cut : null
  const place = placeOf(method, target, bench.hasUpstream())
  if (place.to === 'health') return { to: 'health', forwarded }
  // Browsers cannot open a unix socket of ours, so on control there is no page to speak for.
  const origin = ingress === 'control' ? null : head.origin
  return { req, method, ingress, upgrade, head, forwarded, target, ticket, place, origin, foreign: isForeign(bench, ingress, origin) }
}

/** The page that a browser says the request comes from. */
function judgeOrigin({ names }: Bench, { req, method, upgrade, forwarded, place, origin, foreign }: Case): Verdict | null {
  const { host } = forwarded
  if (place.to === 'control') {
    if (place.signIn && origin !== null) {
      if (!isOriginOf(origin, forwarded)) return refuse(gatewayErrors.ORIGIN_NOT_HOST({ origin: cleanText(origin, 100), host }), forwarded)
    } else if (foreign) return refuse(foreignError(origin), forwarded)
    if (asksForWorker(req)) return judgeWorker(req, forwarded)
  } else if (foreign && upgrade) return refuse(foreignError(origin), forwarded)
  const asks = method === 'OPTIONS' && origin !== null && req.headers['access-control-request-method'] !== undefined
  return asks && place.to === 'control' && names.cors().has(origin) ? { to: 'preflight', origin, forwarded } : null
}

/** No page of ours has a worker, so one outside of /xopc/ was of an app that stood here before. */
function judgeWorker({ method, url = '' }: IncomingMessage, forwarded: Forwarded): Verdict {
  const ends = method === 'GET' && !/^\/xopc(\/|$)/.test(url)
  return ends ? { to: 'worker-end', forwarded } : refuse(edgeErrors.SERVICE_WORKER_REFUSED(), forwarded)
}

/** Who it is, and whether that is enough for the name it was called by and the place it wants. */
function judgeCredentials(bench: Bench, read: Case): Verdict {
  const { ingress, head, forwarded, place, ticket, upgrade } = read
  const { client, host } = forwarded
  if (isAppPreflight(bench, read)) return { to: 'app', exchange: exchangeOf(bench, read, NOBODY, true), head, proof: NOBODY, forwarded }
  const control = ingress === 'control'
  const local = ingress === 'local' && !forwarded.proxied && isLoopbackHost(host)
  const toApp = place.to === 'app'
  // Only of a peer that the owner listed, or let into the folder of the proxy's socket; anybody else can write such headers, too.
  const vouched = forwarded.trustedPeer && identityDoors.has(ingress) ? read.req.rawHeaders : null
  const ticketUse = upgrade ? 'ws' : 'events'
  const tailscaleLogin = loginByTailscale({ ingress, peer: read.req.socket.remoteAddress ?? null }, read.req.rawHeaders)
  const proof = bench.authenticator.prove(head, {
    client,
    asked: forwarded,
    control,
    tailscaleLogin,
    toApp,
    local,
    vouched,
    ticket,
    ticketUse,
  })
  if (proof.refusal !== null) return refuse(credentialError(proof), forwarded, proof)
  const afar = bench.asksNobody() && !local && !control
  // A device is asked for its token in every mode, so from afar it may come in, and join.
  if (afar && proof.principal.kind === 'anonymous' && !isPairing(place)) return refuse(edgeErrors.AUTH_NONE_LOCAL_ONLY(), forwarded)
  // A page cannot make a code, so a name that a waiting code was made for is no page's trick.
  const known = isKnownHost(bench, ingress, forwarded) || (isPairing(place) && bench.pairing.isHost(forwarded))
  // A page that took over a name of its own has no token to send, so a good one vouches for any name.
  const named = known || proof.byHeader
  if (place.to === 'app') return judgeForApp(bench, read, proof, named, known)
  if (!named && !place.open) return refuse(edgeErrors.UNKNOWN_HOST({ host }), forwarded, proof)
  return { to: 'control', url: place.url, exchange: exchangeOf(bench, read, proof, known), head, proof, forwarded }
}

/** The app is for those who may `run`, and no page of elsewhere uses what the browser adds by itself. */
function judgeForApp(bench: Bench, read: Case, proof: Proof, named: boolean, known: boolean): Verdict {
  const { req, method, head, forwarded, foreign, origin, upgrade } = read
  const { host } = forwarded
  if (!proof.principal.scopes.has('run')) {
    if (proof.principal.kind === 'anonymous' && !upgrade && isPage(req)) return { to: 'sign-in', forwarded }
    if (proof.principal.kind === 'anonymous' && method === 'GET' && asksForWorker(req)) return { to: 'worker-end', forwarded }
    const { principal } = proof
    const unproven = unprovenError({ principal, unproven: bench.authenticator.unproven() })
    return refuse(named ? unproven : edgeErrors.UNKNOWN_HOST({ host }), forwarded, proof)
  }
  // What stands in a URL vouches for no name, as a header does.
  if (!named) return refuse(edgeErrors.UNKNOWN_HOST({ host }), forwarded, proof)
  const ambient = proof.ambient || proof.principal.kind === 'local'
  if (foreign && ambient && method !== 'GET' && method !== 'HEAD') return refuse(foreignError(origin), forwarded, proof)
  return { to: 'app', exchange: exchangeOf(bench, read, proof, known), head, proof, forwarded }
}

function exchangeOf(bench: Bench, { req, ingress, forwarded, origin, target }: Case, proof: Proof, knownHost: boolean): Exchange {
  const { client, proxied, forwardedFor, trustedPeer, host, anyPort } = forwarded
  // Who comes by the https name of a proxy that nobody listed came over https all the same.
  const proto = !trustedPeer && isHttpsName(bench, host) ? 'https' : forwarded.proto
  return {
    ingress,
    peer: req.socket.remoteAddress ?? null,
    client,
    proxied,
    trustedPeer,
    forwardedFor,
    proto,
    host,
    anyPort,
    knownHost,
    origin,
    target,
    unproven: bench.authenticator.unproven(),
    principal: proof.principal,
  }
}

/** `publicUrl`, or where somebody signed in or was paired over https. */
function isHttpsName({ names, sessions, devices }: Bench, host: string): boolean {
  return host === names.publicHost() || devices.isOrigin(`https://${host}`) || sessions.knowsOrigin(`https://${host}`)
}

function isPairing(place: Case['place']): boolean {
  return place.to === 'control' && place.pairing
}

function isForeign({ names, sessions, devices, pairing }: Bench, ingress: IngressId, origin: string | null): boolean {
  if (origin === null) return false
  if (names.of(ingress).origins.has(origin) || sessions.knowsOrigin(origin) || names.cors().has(origin)) return false
  return !devices.isOrigin(origin) && !pairing.isOrigin(origin)
}

function isKnownHost({ names, sessions, devices }: Bench, ingress: IngressId, asked: AskedHost): boolean {
  const { host } = asked
  if (ingress === 'control' || names.of(ingress).hosts.has(host) || sessions.knowsHost(asked) || devices.isHost(asked)) return true
  // Nobody but this computer answers to a loopback name, on whatever port (an ssh forward has its own).
  return ingress === 'local' && isLoopbackHost(host)
}

/** A preflight carries no credential; the app answers it for origins that the owner listed. */
function isAppPreflight({ names }: Bench, { req, method, head, place, origin }: Case): boolean {
  if (place.to !== 'app' || method !== 'OPTIONS' || origin === null || head.hasBody) return false
  return req.headers['access-control-request-method'] !== undefined && names.cors().has(origin)
}

/** A browser asks for a page, not for data or a part of a page. */
function isPage({ method, headers }: IncomingMessage): boolean {
  const { accept = '', 'sec-fetch-mode': mode = 'navigate' } = headers
  return (method === 'GET' || method === 'HEAD') && accept.includes('text/html') && mode === 'navigate'
}

function refuse(error: XopcError, forwarded: Forwarded | null, proof: Proof | null = null): Verdict {
  return { to: 'refusal', error, forwarded, proof }
}

function brokenError({ broken, detail }: Unjudgeable): XopcError {
  return broken === 'Host' ? edgeErrors.HOST_INVALID() : edgeErrors.FORWARDED_INVALID({ header: broken, detail })
}

function credentialError({ refusal, fault, retryAfterMs }: Proof): XopcError {
  if (refusal === 'auth_blocked') return edgeErrors.auth_blocked({ seconds: Math.ceil(retryAfterMs / 1000) })
  return refusal === 'invalid_proxy_credentials' && fault !== null ? identityError(fault) : edgeErrors.invalid_token()
}

function foreignError(origin: string | null): XopcError {
  return edgeErrors.FOREIGN_ORIGIN({ origin: cleanText(origin ?? '', 100) })
}
