import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { XopcError } from '../errors/error.ts'
import { localUiErrors } from './errors.ts'
import { dress, sendError } from './reply.ts'

/** One request of the page, as it goes on. */
export interface PageRequest {
  method: string
  path: string
  headers: Readonly<Record<string, string>>
  body: IncomingMessage | null
  signal: AbortSignal
  timeoutMs: number
}

/** Sends a request of the page to its gateway and gives the reply, unread. Rejects with errors of ours where the gateway does not answer. */
export type Ask = (request: PageRequest) => Promise<IncomingMessage>

/** The way to the gateway. */
export interface Passage {
  /** Passes one request on, and its reply back as it comes. Never rejects. */
  pass(req: IncomingMessage, res: ServerResponse): Promise<void>
  /** Ends what runs. */
  close(): void
}

/** A staged test with the longest silence takes ten minutes; everything else is faster. */
const ANSWER_MS = 11 * 60_000

/** What a request takes along: neither its key nor a cookie nor who it says it is. */
const requestNames = ['accept', 'content-type', 'content-length', 'if-match', 'if-none-match', 'last-event-id']
/** What a reply brings back: no cookie above all, because cookies know no ports. */
const replyNames = ['content-type', 'content-length', 'etag', 'retry-after', 'x-xopc-api']

/** Passes requests to a gateway. */
export function createPassage(ask: Ask): Passage {
  const closing = new AbortController()

  async function relay(req: IncomingMessage, res: ServerResponse, signal: AbortSignal): Promise<void> {
    const reply = await ask({
      method: req.method ?? 'GET',
      path: req.url ?? '/',
      headers: pick(req.headers, requestNames),
      body: hasBody(req.headers) ? req : null,
      signal,
      timeoutMs: ANSWER_MS,
    })
    dress(res)
    res.writeHead(reply.statusCode ?? 502, pick(reply.headers, replyNames))
    // A stream's head goes at once, even if its first event is a long time coming.
    res.flushHeaders()
    await pipeline(reply, res)
  }

  return {
    async pass(req, res) {
      const left = new AbortController()
      res.once('close', () => left.abort())
      try {
        await relay(req, res, AbortSignal.any([left.signal, closing.signal]))
      } catch (error) {
        // Half an answer must not look like a whole one; who went away needs none.
        if (res.headersSent || left.signal.aborted) res.destroy()
        else sendError(res, explained(error))
      }
    },
    close: () => closing.abort(),
  }
}

function pick(headers: IncomingHttpHeaders, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (typeof headers[name] === 'string' ? [[name, headers[name]]] : [])))
}

function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** Whatever keeps the gateway from answering, the page waits for it: it was stopped, starts anew, or the way to it is gone. */
function explained(error: unknown): XopcError {
  if (error instanceof XopcError && error.http < 502) return error
  const reason = error instanceof Error ? error.message.replace(/[.]$/, '') : String(error)
  return localUiErrors.UI_GATEWAY_GONE({ reason }, { cause: error })
}
