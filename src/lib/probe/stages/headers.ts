import { Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import ipaddr from 'ipaddr.js'
import { hostName, withoutDefaultPort } from '../../protocol/authority.ts'
import type { Culprit, Fix, IngressId } from '../../protocol/http-api.ts'
import type { SeenRequest } from '../../protocol/probe-api.ts'
import type { Aim } from '../aim.ts'
import type { ProbeDesk } from '../desk.ts'
import type { Dial } from '../dial.ts'
import { remedy } from '../directives.ts'
import type { ProbeCode } from '../errors.ts'
import { type Judged, pass, subject, warn } from '../judged.ts'
import { openLine } from '../line.ts'
import { culpritByHints, culpritIn, firstKnown } from '../signatures.ts'
import { type Look, lookAtRequest, seenIn } from './auth.ts'

/** An address of nobody (RFC 5737), for claiming to be somebody else. */
const CLAIMED = '192.0.2.1'

/** One end of a connection of ours. */
export interface Source {
  address: string
  port: number
}

/** What arrives of a request, and where it came from. */
export interface HeadersSeen {
  look: Look
  /** Whether a claim of the client in X-Forwarded-For is passed on; null where it was not tried. */
  keepsClaims: boolean | null
  /** Address and port that the request was sent from. */
  source: Source | null
  /** Every address of this computer. */
  own: readonly string[]
}

/** Asks the gateway what it sees, and then what it sees of a client that claims another address. Never throws. */
export async function lookAtHeaders(aim: Aim, dial: Dial, desk: ProbeDesk, signal: AbortSignal): Promise<HeadersSeen> {
  let source: Source | null = null
  const line = openLine(aim, async (limit) => {
    const stream = await dial(limit)
    source = stream instanceof Socket ? sourceOf(stream) : null
    return stream
  })
  try {
    const ask = async (more: Record<string, string>) =>
      await lookAtRequest(line, signal, { Authorization: `Bearer ${desk.ticket()}`, ...more })
    const look = await ask({})
    const claim = seenIn(look) === null ? null : seenIn(await ask({ 'X-Forwarded-For': CLAIMED }))
    return { look, keepsClaims: claim?.forwardedFor.includes(CLAIMED) ?? null, source, own: ownAddresses() }
  } finally {
    line.close()
  }
}

function sourceOf({ localAddress: address, localPort: port }: Socket): Source | null {
  return address === undefined || port === undefined ? null : { address, port }
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address))
}

/** Who the headers tell of. */
export function headersCulprit({ asked }: Look, seen: SeenRequest | null): Culprit {
  const hints = culpritByHints(seen?.hints ?? [])
  return asked.reply === undefined ? hints : firstKnown(culpritIn(asked.reply.headers), hints)
}

interface Problem {
  code: ProbeCode | null
  text: string
  fix: Fix
}

/** Whether Host, scheme and visitor arrive as they are, and whom the gateway would have to trust to know its visitors. Pure. */
export function judgeHeaders(aim: Aim, seen: SeenRequest, given: Omit<HeadersSeen, 'look'>, culprit: Culprit): Judged {
  const facts: Record<string, unknown> = { ...seen, source: given.source, keepsClaims: given.keepsClaims }
  if (culprit.program === null && !isProxied(aim, seen, given.source))
    return pass('Nothing stands between: the request arrives as it was sent.', facts)
  const proxies = believed.has(seen.ingress) ? [] : proxiesOf(seen, given)
  if (proxies.length > 0) facts['trustedProxies'] = proxies
  const problems = [hostProblem(aim, seen, culprit), protoProblem(aim, seen, culprit), forProblem(aim, seen, culprit)].filter(
    (each) => each !== null,
  )
  const [first, ...more] = problems
  if (first === undefined) return wellTold(seen, proxies, given, facts)
  const detail = `${subject(culprit)} ${problems.map(({ text }) => text).join('; it also ')}.`
  const fix =
    more.length === 0 ? first.fix : { title: first.fix.title, snippet: problems.flatMap((each) => each.fix.snippet ?? []).join('\n') }
  return warn(problems.find(({ code }) => code !== null)?.code ?? null, detail, { culprit, fix, facts })
}

/** Doors at which a program of ours says who the visitor is, and is believed: nobody has to be listed for them. */
const believed: ReadonlySet<IngressId> = new Set<IngressId>(['tailscale', 'tunnel'])

/** The gateway speaks no TLS itself, so an https address always has something before it. */
function isProxied(aim: Aim, { proxied, hints, peer, peerPort }: SeenRequest, source: Source | null): boolean {
  if (aim.scheme === 'https' || proxied || hints.length > 0 || peer === null) return true
  // A connection that arrives from where ours starts is ours; every other one was made by somebody between.
  return source !== null && (plain(peer) !== plain(source.address) || peerPort !== source.port)
}

function hostProblem(aim: Aim, seen: SeenRequest, culprit: Culprit): Problem | null {
  const [sent = seen.host] = seen.trustedPeer ? [seen.host] : seen.received.host
  const host = withoutDefaultPort(sent.toLowerCase(), aim.scheme)
  if (host === aim.authority) return null
  const fix = remedy('hostRewritten', culprit, aim)
  const text =
    host === hostName(aim.authority)
      ? `leaves the port out of Host: it arrives as ${host} in place of ${aim.authority}`
      : `rewrites Host: it arrives as ${host} in place of ${aim.authority}`
  return { code: 'HOST_REWRITTEN', text, fix }
}

function protoProblem(aim: Aim, { received, ingress }: SeenRequest, culprit: Culprit): Problem | null {
  // There the lease says it, because frp writes http whatever it is.
  if (ingress === 'tunnel') return null
  const protos = received.forwardedProto.flatMap((line) => line.split(',')).map((part) => part.trim().toLowerCase())
  const fix = remedy('protoMissing', culprit, aim)
  if (protos.length === 0) {
    return aim.scheme === 'https' ? { code: null, text: 'does not say that visitors come over https (X-Forwarded-Proto)', fix } : null
  }
  const wrong = protos.find((proto) => proto.replace('ws', 'http') !== aim.scheme)
  return wrong === undefined ? null : { code: null, text: `says ${wrong} in X-Forwarded-Proto for an address that is ${aim.scheme}`, fix }
}

function forProblem(aim: Aim, { received }: SeenRequest, culprit: Culprit): Problem | null {
  if (received.forwardedFor.length > 0) return null
  return { code: null, text: 'does not say who its visitors are (X-Forwarded-For)', fix: remedy('forMissing', culprit, aim) }
}

/**
 * The smallest `trustedProxies` that would be right. We sent no X-Forwarded-For, so what the proxies wrote there is all true: from the peer
 * leftwards everything is a proxy, up to our own address or the first entry, which is us as the outermost proxy saw us.
 */
function proxiesOf({ peer, forwardedFor }: SeenRequest, given: Omit<HeadersSeen, 'look'>): string[] {
  const inner = forwardedFor.slice(1).map(plain)
  const chain = inner.slice(inner.findLastIndex((address) => isMine(address, given)) + 1)
  return [...new Set([...(peer === null ? [] : [plain(peer)]), ...chain.toReversed()])].filter((address) => ipaddr.isValid(address))
}

function wellTold(seen: SeenRequest, proxies: readonly string[], given: Omit<HeadersSeen, 'look'>, facts: Record<string, unknown>): Judged {
  const claims =
    given.keepsClaims === true
      ? '; what a visitor claims in X-Forwarded-For is passed on to the left, where the gateway does not believe it'
      : ''
  const told = 'Host, scheme and visitor arrive as they are'
  const visitor = plain(seen.client)
  if (seen.trustedPeer && (isMine(visitor, given) || !proxies.includes(visitor))) {
    return pass(`${told}, and the gateway knows its visitors${claims}.`, facts)
  }
  if (proxies.length === 0) return pass(`${told}${claims}.`, facts)
  const fix = {
    title: 'If you like: let the gateway see each visitor’s own address in place of the proxy’s (add to what is listed already)',
    command: `xopc config set 'gateway.trustedProxies=${JSON.stringify(proxies)}'`,
  }
  const who = `the gateway takes ${proxies.join(', ')} for the visitor until it is in trustedProxies`
  return { ...pass(`${told}; ${who}${claims}.`, facts), fix }
}

function isMine(address: string, { source, own }: Omit<HeadersSeen, 'look'>): boolean {
  return own.some((each) => plain(each) === address) || (source !== null && plain(source.address) === address)
}

/** An address as it is compared: IPv4 where it is v4-mapped. */
function plain(address: string): string {
  return ipaddr.isValid(address) ? ipaddr.process(address).toString() : address
}
