import { type IncomingMessage, request, type RequestOptions } from 'node:http'
import { Readable } from 'node:stream'
import { XopcError } from '../errors/error.ts'
import { connectionReason } from '../system/connection-reason.ts'

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

const oneReply =
  'it closes the connection after one reply, and the token goes out on no other one than the one that was proven (a proxy with keep-alive switched off does that)'

/** What a person should hear of an error: the reason of the signal, ours as they are, and Node's by the table. Pure. */
export function explained(error: unknown, faults: Faults, signal: AbortSignal | undefined): Error {
  if (signal?.aborted === true) return asError(signal.reason)
  if (error instanceof XopcError || !(error instanceof Error) || !('code' in error)) return asError(error)
  const code = String(error.code)
  return faults.unreachable(code === ONE_REPLY ? oneReply : connectionReason(code), { cause: error })
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
