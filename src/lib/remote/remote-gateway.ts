import type { Transport } from '../client/transport.ts'
import { XopcError } from '../errors/error.ts'
import { isPrivateHost } from '../protocol/reach.ts'
import { changeKnownGateway, type KnownGateway, knownGateway } from '../state/known-gateways.ts'
import type { State } from '../state/store.ts'
import { isReadable, maySend, sendWithCredential } from './credential.ts'
import { dialOrigin } from './dial.ts'
import { remoteErrors } from './errors.ts'
import { firstThatWorks } from './failover.ts'
import { keepSeen, type Meet, meetNew } from './meeting.ts'
import { type Expected, faultsAt, openProven, type ProvenLine, type Way } from './proven.ts'
import type { Proven } from './prove.ts'
import type { Send } from './send.ts'
import { openSshLink, type SshLink } from './ssh-link.ts'
import { nameOf, type RemoteTarget, typedName } from './target.ts'
import { transportOver } from './transport.ts'

/** What reaching a gateway elsewhere takes. */
export interface RemoteParts {
  target: RemoteTarget
  state: State
  env: NodeJS.ProcessEnv
  meet: Meet
}

/** A gateway elsewhere that has proven itself. */
export interface RemoteGateway {
  transport: Transport
  send: Send
  gateway: Proven
  /** Where it was reached. `isReadable`: what is said can be read in the network. */
  way: { origin: string; place: string; isOwners: boolean; isReadable: boolean }
  /** Keeps where else it says that it is. */
  keepUrls(urls: readonly string[]): Promise<void>
  /** Puts a connection away that no request used. */
  close(): void
}

/** Between two starts of a race, milliseconds (RFC 8305 recommends 250). */
const STAGGER_MS = 250

/**
 * Reaches the gateway and lets it prove itself; every later request proves anew, because it has a connection of its own. Throws `WRONG_GATEWAY`,
 * `PIN_REQUIRED`, `DEVICE_TOKEN_NEEDED`, `NOT_XOPC_GATEWAY`, `REMOTE_*`, `SSH_*`, `KNOWN_GATEWAYS_BROKEN`.
 */
export async function openRemoteGateway({ target, state, env, meet }: RemoteParts): Promise<RemoteGateway> {
  const { place, credential } = target
  if (place.kind === 'direct' && !maySend(credential, place.origin)) throw remoteErrors.DEVICE_TOKEN_NEEDED({ place: place.origin })
  const name = nameOf(place)
  const known = await knownGateway(state, name)
  const link = place.kind === 'ssh' ? await openSshLink({ place, env, state }) : null
  const ways = link === null ? directWays(target, known) : link
  const connect = createConnect(ways, known?.lastGood ?? null)

  const expected: Expected = { publicKey: target.publicKey ?? known?.publicKey ?? null, known: typedName(place) }
  const { line: first, lastGood } = await connect(expected)
  const { gateway, way } = first
  const fresh = createFresh(first)
  try {
    if (expected.publicKey === null) await meetNew(first, link !== null, meet)
    await keepSeen(state, name, { gateway, lastGood })
  } catch (error) {
    fresh.close()
    throw error
  }

  const send: Send = async (outgoing) => {
    const line = fresh.take() ?? (await connect({ ...expected, publicKey: gateway.publicKey }, outgoing.signal)).line
    return await sendWithCredential(line, outgoing, target)
  }
  return {
    transport: transportOver(send, faultsAt(way.place)),
    send,
    gateway,
    way: { origin: way.origin, place: way.place, isOwners: way.isOwners, isReadable: link === null && isReadable(way.origin) },
    async keepUrls(urls) {
      await changeKnownGateway(state, name, (before) => (before === null ? null : { ...before, urls: [...urls] }))
    },
    close: fresh.close,
  }
}

/** How long a connection that was proven may wait for its request, milliseconds: a person who thinks takes longer, and proxies close what is idle. */
const FRESH_MS = 2000

/** The first connection is for the first request, where that comes at once; another one is put away. */
function createFresh(line: ProvenLine): { take(): ProvenLine | null; close(): void } {
  const until = performance.now() + FRESH_MS
  let kept: ProvenLine | null = line
  function close(): void {
    kept?.close()
    kept = null
  }
  return {
    take() {
      if (performance.now() > until) close()
      const taken = kept
      kept = null
      return taken
    },
    close,
  }
}

type Connect = (expected: Expected, signal?: AbortSignal) => Promise<{ line: ProvenLine; lastGood: string | null }>

/** Finds the best way that works now, and remembers which it was. */
function createConnect(given: readonly Way[] | SshLink, remembered: string | null): Connect {
  const link = 'ways' in given ? given : null
  let lastGood = remembered
  return async (expected, signal) => {
    const candidates = 'ways' in given ? await given.ways() : given
    const { index, result: line } = await firstThatWorks({
      candidates,
      last: candidates.findIndex(({ origin }) => origin === lastGood),
      staggerMs: link === null ? STAGGER_MS : null,
      attempt: async (way, stop) => await openOver(way, { expected, link }, stop),
      discard: (late) => late.close(),
      signal,
    })
    lastGood = index === 0 || link !== null ? null : line.way.origin
    return { line, lastGood }
  }
}

/** Over ssh a port where nobody listens looks like a connection that broke off; ssh knows better. */
async function openOver(
  way: Way,
  { expected, link }: { expected: Expected; link: SshLink | null },
  stop: AbortSignal,
): Promise<ProvenLine> {
  try {
    return await openProven(way, expected, stop)
  } catch (error) {
    const isGone = error instanceof XopcError && error.code === 'REMOTE_UNREACHABLE'
    if (link === null || way.isOwners || !isGone) throw error
    return await link.explain()
  }
}

/** The address that was named, then those that the gateway named when it was met: each has to prove the same key. */
function directWays({ place, credential }: RemoteTarget, known: KnownGateway | null): Way[] {
  if (place.kind !== 'direct') return []
  const others = (known?.urls ?? []).filter((url) => url !== place.origin && isUsable(url) && maySend(credential, url))
  return [place.origin, ...others].map((origin) => ({
    origin,
    place: origin,
    isOwners: false,
    dial: async (signal) => await dialOrigin(origin, signal),
  }))
}

/** What a gateway says of itself is looked at like what a person types. */
function isUsable(url: string): boolean {
  if (!URL.canParse(url) || new URL(url).origin !== url) return false
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || (protocol === 'http:' && isPrivateHost(hostname))
}
