import type { IncomingMessage } from 'node:http'
import { reachOf } from '../protocol/reach.ts'
import { remoteErrors } from './errors.ts'
import type { ProvenLine } from './proven.ts'
import type { Outgoing } from './send.ts'
import { type RemoteTarget, typedName } from './target.ts'

/** Tokens of devices begin so; everything else is the owner's. */
const DEVICE = 'xopc_dt_'
/** What a header can hold. */
const HEADER = /^[\t\u0020-\u007e\u0080-\u00ff]+$/

/** Whether an origin carries what is said in the clear over a network. Pure. */
export function isReadable(origin: string): boolean {
  const { protocol, hostname } = new URL(origin)
  return protocol === 'http:' && reachOf(hostname) !== 'loopback'
}

/** Whether the credential may be sent to an origin: over a network in the clear only a device's. Pure. */
export function maySend(credential: string | null, origin: string): boolean {
  return credential === null || credential.startsWith(DEVICE) || !isReadable(origin)
}

/**
 * Sends one request over a connection that was proven, with the credential that belongs to this gateway. Throws `REMOTE_TOKEN_MISSING` and
 * `REMOTE_TOKEN_REFUSED` for a 401.
 */
export async function sendWithCredential(line: ProvenLine, outgoing: Outgoing, target: RemoteTarget): Promise<IncomingMessage> {
  const { way } = line
  const credential = way.isOwners ? null : target.credential
  const about = { place: way.place, known: typedName(target.place) }
  if (credential !== null && !HEADER.test(credential)) {
    line.close()
    // Several lines, for example: nothing that a gateway gave out.
    throw remoteErrors.REMOTE_TOKEN_REFUSED(about)
  }
  const authorization = credential === null ? {} : { authorization: `Bearer ${credential}` }
  const headers = { ...outgoing.headers, ...authorization, host: new URL(way.origin).host, connection: 'close' }
  const reply = await line.send({ ...outgoing, headers })
  if (reply.statusCode !== 401) return reply
  reply.destroy()
  throw credential === null ? remoteErrors.REMOTE_TOKEN_MISSING(about) : remoteErrors.REMOTE_TOKEN_REFUSED(about)
}
