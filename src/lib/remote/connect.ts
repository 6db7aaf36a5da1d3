import { XopcError } from '../errors/error.ts'
import { isPrivateHost } from '../protocol/reach.ts'
import type { KnownGateway } from '../state/known-gateways.ts'
import { maySend } from './credential.ts'
import { dialOrigin } from './dial.ts'
import { firstThatWorks } from './failover.ts'
import { type Expected, openProven, type ProvenLine, type Way } from './proven.ts'
import type { SshLink } from './ssh-link.ts'
import type { RemoteTarget } from './target.ts'

/** Between two starts of a race, milliseconds (RFC 8305 recommends 250). */
const STAGGER_MS = 250

/** Opens a connection to the gateway by the best way that works now. `lastGood`: the origin that worked, where it was not the first one. */
export type Connect = (expected: Expected, signal?: AbortSignal) => Promise<{ line: ProvenLine; lastGood: string | null }>

/** Finds the best way that works now, and remembers which it was. What is opened throws as `openProven` does, and `SSH_*`. */
export function createConnect(given: readonly Way[] | SshLink, remembered: string | null): Connect {
  const link = 'ways' in given ? given : null
  let lastGood = remembered
  return async (expected, signal) => {
    const candidates = 'ways' in given ? await given.ways() : given
    const wrong: XopcError[] = []
    const { index, result: line } = await firstThatWorks({
      candidates,
      last: candidates.findIndex(({ origin }) => origin === lastGood),
      staggerMs: link === null ? STAGGER_MS : null,
      attempt: async (way, stop) => await openOver(way, { expected, link }, stop).catch((error: unknown) => refused(error, wrong)),
      discard: (late) => late.close(),
      signal,
    }).catch((error: unknown) => {
      // By ssh both ways end on one computer: somebody else there matters more than that the other way is closed.
      throw (link === null ? null : wrong[0]) ?? error
    })
    lastGood = index === 0 || link !== null ? null : line.way.origin
    return { line, lastGood }
  }
}

function refused(error: unknown, wrong: XopcError[]): never {
  if (error instanceof XopcError && error.code === 'WRONG_GATEWAY') wrong.push(error)
  throw error
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

/** The address that was named, then those that the gateway named when it was met: each has to prove the same key. Pure. */
export function directWays({ place, credential }: RemoteTarget, known: KnownGateway | null): Way[] {
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
