import { z } from 'zod'
import { cleanText } from '../protocol/outside-text.ts'
import { jsonOf, type Reply } from './reply.ts'

/** Where the gateway tells what it saw of a request. */
export const REQUEST_PATH = '/xopc/api/probe/request'
/** Carries a fresh value that the reply must bring back. */
export const NONCE_HEADER = 'X-Xopc-Nonce'

const text = z.string().transform((value) => cleanText(value, 300))
const lines = z.array(text).max(50)

const seenRequest = z.object({
  ingress: z.enum(['control', 'local', 'lan', 'proxy']),
  peer: text.nullable(),
  peerPort: z.int().nullable(),
  client: text,
  proxied: z.boolean(),
  trustedPeer: z.boolean(),
  forwardedFor: lines,
  proto: z.enum(['http', 'https']),
  host: text,
  nonce: z.string().nullable(),
  received: z.object({
    host: lines,
    forwardedFor: lines,
    forwardedProto: lines,
    forwardedHost: lines,
    forwarded: lines,
    via: lines,
    realIp: lines,
  }),
  hints: lines,
})

/** What the gateway saw of a request of ours, by its own word. */
export type SeenRequest = z.output<typeof seenRequest>

/** Reads the reply; null where it is not one that the gateway gave to this very request. */
export function seenRequestIn(reply: Reply, nonce: string): SeenRequest | null {
  const read = seenRequest.safeParse(jsonOf(reply))
  return reply.status === 200 && read.success && read.data.nonce === nonce ? read.data : null
}
