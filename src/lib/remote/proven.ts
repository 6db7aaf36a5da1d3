import type { Duplex } from 'node:stream'
import { clientErrors } from '../client/errors.ts'
import { remoteErrors } from './errors.ts'
import { type Line, openLine } from './line.ts'
import { type Answer, askWho, detailOf, type Proven } from './prove.ts'
import { explained, type Faults } from './send.ts'
import { transportOver } from './transport.ts'

/** One way to a gateway. */
export interface Way {
  /** What whoever answers has to prove: the origin that is dialled. */
  origin: string
  /** In messages: `https://home.example.com`, `user@host by ssh`. */
  place: string
  /** The owner's own socket, where no credential is needed and none is sent. */
  isOwners: boolean
  dial(signal?: AbortSignal): Promise<Duplex>
}

/** Whom to expect. */
export interface Expected {
  /** Null: nobody was met there yet, so every gateway will do. */
  publicKey: string | null
  /** The place as `xopc remote forget` takes it. */
  known: string
}

/** A connection whose other end has just proven which gateway it is. */
export interface ProvenLine extends Line {
  way: Way
  gateway: Proven
}

/** What is said of a gateway that is not reached at such a place. */
export function faultsAt(place: string): Faults {
  return {
    unreachable: (reason, options) => remoteErrors.REMOTE_UNREACHABLE({ place, reason }, options),
    late: (ms) => remoteErrors.REMOTE_TIMEOUT({ place, seconds: Math.round(ms / 1000) }),
  }
}

/**
 * Dials, and lets whoever answers prove over that very connection that it is whom we expect; nothing else was said to it by then. Throws
 * `WRONG_GATEWAY`, `NOT_XOPC_GATEWAY`, `REMOTE_NAME_UNKNOWN`, `REMOTE_UNREACHABLE`, `REMOTE_TIMEOUT`, and errors of ours from dialling.
 */
export async function openProven(way: Way, expected: Expected, signal?: AbortSignal): Promise<ProvenLine> {
  const faults = faultsAt(way.place)
  const line = openLine(await dialled(way, faults, signal), faults)
  try {
    const answer = await askWho(transportOver(line.send, faults), way.origin, signal)
    return { ...line, way, gateway: expectedIn(answer, way, expected) }
  } catch (error) {
    line.close()
    throw error
  }
}

async function dialled(way: Way, faults: Faults, signal: AbortSignal | undefined): Promise<Duplex> {
  try {
    return await way.dial(signal)
  } catch (error) {
    throw explained(error, faults, signal)
  }
}

function expectedIn(answer: Answer, { place, origin }: Way, { publicKey, known }: Expected): Proven {
  if (answer.kind === 'busy') throw faultsAt(place).unreachable(`${answer.status} was answered when it was asked who it is`)
  if (answer.kind === 'proven' && (publicKey === null || answer.gateway.publicKey === publicKey)) return answer.gateway
  const detail = answer.kind === 'proven' ? `its key is ${answer.gateway.fingerprint}` : detailOf(answer)
  // Where somebody else was met before, whatever cannot prove to be that one is somebody else.
  if (publicKey !== null) throw clientErrors.WRONG_GATEWAY({ place, detail, known })
  if (answer.kind === 'unknown-name') throw remoteErrors.REMOTE_NAME_UNKNOWN({ place, origin })
  throw clientErrors.NOT_XOPC_GATEWAY({ detail })
}
