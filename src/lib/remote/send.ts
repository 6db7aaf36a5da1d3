import { type IncomingMessage, request, type RequestOptions } from 'node:http'
import { Readable } from 'node:stream'
import { XopcError } from '../errors/error.ts'

/** One request, as it goes out. */
export interface Outgoing {
  method: string
  /** Path with query. */
  path: string
  headers: Readonly<Record<string, string>>
  body: string | Readable | null
  signal?: AbortSignal | undefined
  /** Milliseconds until the reply's head must be there. */
  timeoutMs: number
}

/** Sends one request and gives its reply, unread. Rejects where none came. */
export type Send = (outgoing: Outgoing) => Promise<IncomingMessage>

/** What is said where a gateway is not reached: it depends on where it was looked for. */
export interface Faults {
  unreachable(reason: string, options?: ErrorOptions): XopcError
  late(ms: number): XopcError
}

/** Sends one request over a socket's path or an agent. Throws what `faults` makes of it, and the reason of the signal. */
export async function sendBy(
  how: Pick<RequestOptions, 'agent' | 'socketPath'>,
  { method, path, headers, body, signal, timeoutMs }: Outgoing,
  faults: Faults,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const asked = request({ ...how, method, path, headers })
  const abort = (): void => void asked.destroy()
  const timer = setTimeout(() => asked.destroy(faults.late(timeoutMs)), timeoutMs)
  if (signal?.aborted === true) abort()
  signal?.addEventListener('abort', abort, { once: true })
  asked.on('close', () => signal?.removeEventListener('abort', abort))
  asked.on('response', resolve)
  asked.on('error', (error) => reject(explained(error, faults, signal)))
  if (body instanceof Readable) body.pipe(asked)
  else asked.end(body)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
  }
}

/** Code of an error: a connection was closed by its other end before all was said that was to be said on it. */
export const ONE_REPLY = 'ONE_REPLY'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its socket is gone',
  ECONNREFUSED: 'nobody listens there',
  EACCES: 'this user may not open its socket',
  ECONNRESET: 'it broke the connection off',
  EPIPE: 'it broke the connection off',
  ENOTFOUND: 'its name leads to no address',
  EAI_AGAIN: 'its name could not be looked up',
  EHOSTUNREACH: 'no network leads there',
  ENETUNREACH: 'no network leads there',
  ETIMEDOUT: 'it did not answer in time',
  EPROTO: 'it does not speak TLS',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  [ONE_REPLY]:
    'it closes the connection after one reply, and the token goes out on no other one than the one that was proven (a proxy with keep-alive switched off does that)',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet, or the clock of this computer is slow',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an authority that this computer does not know',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by an authority that this computer does not know',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is signed by an authority that this computer does not know',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}

/** What a person should hear of an error: the reason of the signal, ours as they are, and Node's by the table. Pure. */
export function explained(error: unknown, faults: Faults, signal: AbortSignal | undefined): Error {
  if (signal?.aborted === true) return asError(signal.reason)
  if (error instanceof XopcError || !(error instanceof Error) || !('code' in error)) return asError(error)
  const code = String(error.code)
  return faults.unreachable(reasons[code] ?? reasonOfKind(code), { cause: error })
}

/** Of these there are many, and what a person can do about them is the same. */
function reasonOfKind(code: string): string {
  if (code.startsWith('HPE_')) return 'it does not speak HTTP'
  return code.startsWith('ERR_SSL_') ? `TLS could not be agreed on with it (${code})` : code
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
