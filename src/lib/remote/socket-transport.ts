import { type IncomingMessage, request } from 'node:http'
import { dirname } from 'node:path'
import type { Transport, TransportReply, TransportRequest } from '../client/transport.ts'
import { XopcError } from '../errors/error.ts'
import { requirePrivateDir } from '../system/folders.ts'
import { remoteErrors } from './errors.ts'
import { linesOf, textOf } from './body.ts'

/** Until the head of a reply, and once more until its end, in milliseconds. A stream of lines has no end to wait for. */
const USUAL_MS = 10_000

/**
 * Reaches a gateway by its control socket. Each request has a connection of its own. Throws `FOLDER_NOT_PRIVATE` and `STATE_NOT_OURS` where the
 * socket's folder is a link, not ours or open to others, `GATEWAY_UNREACHABLE`, `GATEWAY_TIMEOUT`, and the reason of a signal.
 */
export function createSocketTransport(socketPath: string): Transport {
  return async (wanted) => {
    // Whoever could put a socket there would be told the owner's commands; the gateway's end checks the same.
    await requirePrivateDir(dirname(socketPath))
    const response = await headOf(socketPath, wanted)
    return replyOf(response, {
      wrap: (error) => explained(error, socketPath, wanted.signal),
      late: lateAfter(socketPath, wanted.timeoutMs),
    })
  }
}

async function headOf(socketPath: string, wanted: TransportRequest): Promise<IncomingMessage> {
  const { method, path, body, headers = {}, signal, timeoutMs } = wanted
  const payload = body === undefined ? undefined : JSON.stringify(body)
  const type = payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) }
  // No agent: a command makes one or two requests, and a connection kept alive would keep the process alive.
  const asked = request({
    socketPath,
    method,
    path,
    agent: false,
    headers: { host: 'localhost', connection: 'close', ...headers, ...type },
  })
  const abort = (): void => void asked.destroy()
  const { ms, error } = lateAfter(socketPath, timeoutMs)
  const timer = setTimeout(() => asked.destroy(error()), ms)
  if (signal?.aborted === true) abort()
  signal?.addEventListener('abort', abort, { once: true })
  asked.on('close', () => signal?.removeEventListener('abort', abort))
  try {
    return await new Promise<IncomingMessage>((resolve, reject) => {
      asked.on('response', resolve)
      asked.on('error', (error) => reject(explained(error, socketPath, signal)))
      asked.end(payload)
    })
  } finally {
    clearTimeout(timer)
  }
}

/** When waiting is over, and what is said then. */
interface Late {
  ms: number
  error(): Error
}

function lateAfter(place: string, ms = USUAL_MS): Late {
  return { ms, error: () => remoteErrors.GATEWAY_TIMEOUT({ place, seconds: Math.round(ms / 1000) }) }
}

function replyOf(response: IncomingMessage, { wrap, late }: { wrap: (error: unknown) => Error; late: Late }): TransportReply {
  return {
    status: response.statusCode ?? 0,
    headers(name) {
      const value = response.headers[name.toLowerCase()]
      return Array.isArray(value) ? value.join(', ') : (value ?? null)
    },
    async json() {
      const timer = setTimeout(() => response.destroy(late.error()), late.ms)
      try {
        const body: unknown = JSON.parse(await textOf(response, wrap))
        return body
      } finally {
        clearTimeout(timer)
      }
    },
    lines: () => linesOf(response, wrap),
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its socket is gone',
  ECONNREFUSED: 'nobody listens on its socket',
  EACCES: 'this user may not open its socket',
  ECONNRESET: 'it broke the connection off',
  EPIPE: 'it broke the connection off',
}

/** What a person should hear of an error: the reason of the signal, ours as they are, and node's by the table. */
function explained(error: unknown, place: string, signal: AbortSignal | undefined): Error {
  if (signal?.aborted === true) return asError(signal.reason)
  if (error instanceof XopcError || !(error instanceof Error) || !('code' in error)) return asError(error)
  const code = String(error.code)
  return remoteErrors.GATEWAY_UNREACHABLE({ place, reason: reasons[code] ?? code }, { cause: error })
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
