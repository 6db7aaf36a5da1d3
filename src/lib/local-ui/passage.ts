import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Pool } from 'undici'
import { XopcError } from '../errors/error.ts'
import { requirePrivateDir } from '../system/folders.ts'
import { localUiErrors } from './errors.ts'
import { dress, sendError } from './reply.ts'

/** The way to the gateway. */
export interface Passage {
  /** Passes one request on, and its reply back as it comes. Never rejects. */
  pass(req: IncomingMessage, res: ServerResponse): Promise<void>
  /** Ends what runs. */
  close(): Promise<void>
}

const CONNECT_MS = 5_000
/** A staged test with the longest silence takes ten minutes; everything else is faster. */
const ANSWER_MS = 11 * 60_000
/** A page has one stream and a few requests. */
const CONNECTIONS = 64

/** What a request takes along: neither its key nor a cookie nor who it says it is. The socket itself says that it is the owner. */
const requestNames = ['accept', 'content-type', 'content-length', 'if-match', 'if-none-match', 'last-event-id']
/** What a reply brings back: no cookie above all, because cookies know no ports. */
const replyNames = ['content-type', 'content-length', 'etag', 'retry-after', 'x-xopc-api']

/** Passes requests to a gateway's control socket. Each has a connection of its own, so that a gateway that starts anew is found at once. */
export function createPassage(socketPath: string): Passage {
  const timeouts = { connect: { timeout: CONNECT_MS }, headersTimeout: ANSWER_MS, bodyTimeout: 0 }
  const pool = new Pool('http://localhost', { socketPath, connections: CONNECTIONS, pipelining: 0, ...timeouts })

  async function relay(req: IncomingMessage, res: ServerResponse, signal: AbortSignal): Promise<void> {
    // Whoever could put a socket there would be told the owner's commands; the gateway's end checks the same.
    await requirePrivateDir(dirname(socketPath))
    const { statusCode, headers, body } = await pool.request({
      path: req.url ?? '/',
      method: req.method ?? 'GET',
      headers: pick(req.headers, requestNames),
      body: hasBody(req.headers) ? req : null,
      signal,
    })
    dress(res)
    res.writeHead(statusCode, pick(headers, replyNames))
    // A stream's head goes at once, even if its first event is a long time coming.
    res.flushHeaders()
    await pipeline(body, res)
  }

  return {
    async pass(req, res) {
      const gone = new AbortController()
      res.once('close', () => gone.abort())
      try {
        await relay(req, res, gone.signal)
      } catch (error) {
        // Half an answer must not look like a whole one; who went away needs none.
        if (res.headersSent || gone.signal.aborted) res.destroy()
        else sendError(res, explained(error))
      }
    },
    close: async () => await pool.destroy(),
  }
}

function pick(headers: IncomingHttpHeaders, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (typeof headers[name] === 'string' ? [[name, headers[name]]] : [])))
}

function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its socket is gone',
  ECONNREFUSED: 'nobody listens on its socket',
  UND_ERR_SOCKET: 'it broke the connection off',
}

function explained(error: unknown): XopcError {
  if (error instanceof XopcError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  return localUiErrors.UI_GATEWAY_GONE({ reason: reasons[code] ?? code }, { cause: error })
}
