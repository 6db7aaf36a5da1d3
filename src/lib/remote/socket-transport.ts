import { type IncomingMessage, request } from 'node:http'
import { dirname } from 'node:path'
import type { Transport, TransportReply, TransportRequest } from '../client/transport.ts'
import { requirePrivateDir } from '../system/folders.ts'
import { remoteErrors } from './errors.ts'
import { linesOf, textOf } from './body.ts'

/** Until the head of a reply, in milliseconds. */
const HEAD_MS = 10_000

/**
 * Reaches a gateway by its control socket. Each request has a connection of its own. Throws `FOLDER_NOT_PRIVATE` and `STATE_NOT_OURS` where the
 * socket's folder is a link, not ours or open to others, `GATEWAY_UNREACHABLE`, `GATEWAY_TIMEOUT`, and the reason of a signal.
 */
export function createSocketTransport(socketPath: string): Transport {
  return async (wanted) => {
    // Whoever could put a socket there would be told the owner's commands; the gateway's end checks the same.
    await requirePrivateDir(dirname(socketPath))
    const response = await headOf(socketPath, wanted)
    return replyOf(response, socketPath)
  }
}

async function headOf(socketPath: string, wanted: TransportRequest): Promise<IncomingMessage> {
  const { method, path, body, headers = {}, signal, timeoutMs = HEAD_MS } = wanted
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
  const abort = (): void => void asked.destroy(signal?.reason instanceof Error ? signal.reason : new Error('aborted'))
  const timer = setTimeout(
    () => asked.destroy(remoteErrors.GATEWAY_TIMEOUT({ place: socketPath, seconds: Math.round(timeoutMs / 1000) })),
    timeoutMs,
  )
  if (signal?.aborted === true) abort()
  signal?.addEventListener('abort', abort, { once: true })
  asked.on('close', () => signal?.removeEventListener('abort', abort))
  try {
    return await new Promise<IncomingMessage>((resolve, reject) => {
      asked.on('response', resolve)
      asked.on('error', (error) => reject(signal?.aborted === true ? error : asReached(error, socketPath)))
      asked.end(payload)
    })
  } finally {
    clearTimeout(timer)
  }
}

function replyOf(response: IncomingMessage, socketPath: string): TransportReply {
  return {
    status: response.statusCode ?? 0,
    headers(name) {
      const value = response.headers[name.toLowerCase()]
      return Array.isArray(value) ? value.join(', ') : (value ?? null)
    },
    async json() {
      const body: unknown = JSON.parse(await reading(textOf(response), socketPath))
      return body
    },
    lines: () => linesOf(response, (error) => asReached(error, socketPath)),
  }
}

async function reading(text: Promise<string>, place: string): Promise<string> {
  try {
    return await text
  } catch (error) {
    throw asReached(error, place)
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its socket is gone',
  ECONNREFUSED: 'nobody listens on its socket',
  EACCES: 'this user may not open its socket',
  ECONNRESET: 'it broke the connection off',
  EPIPE: 'it broke the connection off',
}

function asReached(error: unknown, place: string): Error {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string')
    return error instanceof Error ? error : new Error(String(error))
  // Ours (GATEWAY_TIMEOUT) says enough; node's codes are named in the table.
  if (error.name === 'XopcError') return error
  return remoteErrors.GATEWAY_UNREACHABLE({ place, reason: reasons[error.code] ?? error.code }, { cause: error })
}
