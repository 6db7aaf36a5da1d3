import type { Transport } from '../client/transport.ts'
import { changeKnownGateway, knownGateway } from '../state/known-gateways.ts'
import type { State } from '../state/store.ts'
import { createConnect, directWays } from './connect.ts'
import { isReadable, maySend, sendWithCredential } from './credential.ts'
import { remoteErrors } from './errors.ts'
import { keepSeen, type Meet, meetNew } from './meeting.ts'
import { type Expected, faultsAt, type ProvenLine } from './proven.ts'
import type { Proven } from './prove.ts'
import type { Send } from './send.ts'
import { openSshLink } from './ssh-link.ts'
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
  /** Keeps where else it says that it is, before what it said earlier: an address that does not work just now is not named, and may be back. */
  keepUrls(urls: readonly string[]): Promise<void>
  /** Puts a connection away that no request used. */
  close(): void
}

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
      await changeKnownGateway(state, name, (before) =>
        before === null ? null : { ...before, urls: [...new Set([...urls, ...before.urls])].slice(0, MOST_URLS) },
      )
    },
    close: fresh.close,
  }
}

/** Addresses that are kept of a gateway. */
const MOST_URLS = 20

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
