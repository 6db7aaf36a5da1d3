import { z } from 'zod'
import { ingressIds } from '../protocol/http-api.ts'
import { cleanText } from '../protocol/outside-text.ts'
import { probePaths, type SeenRequest } from '../protocol/probe-api.ts'
import { API_PREFIX } from '../protocol/routes.ts'
import { jsonOf, type Reply } from './reply.ts'

/** Where the gateway tells what it saw of a request. */
export const REQUEST_PATH = `${API_PREFIX}${probePaths.request}`

const text = z.string().transform((value) => cleanText(value, 300))
const lines = z.array(text).max(50)

const seenRequest = z.object({
  ingress: z.enum(ingressIds),
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
}) satisfies z.ZodType<SeenRequest>

/** Reads the reply; null where it is not one that the gateway gave to this very request. */
export function seenRequestIn(reply: Reply, nonce: string): SeenRequest | null {
  const read = seenRequest.safeParse(jsonOf(reply))
  return reply.status === 200 && read.success && read.data.nonce === nonce ? read.data : null
}
