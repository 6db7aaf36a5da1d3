import type { IncomingMessage, ServerResponse } from 'node:http'
import { Pool, type Dispatcher } from 'undici'
import type { Exchange } from './exchange.ts'
import { edgeErrors } from './errors.ts'
import type { Head } from './head.ts'
import type { Streams } from './limits.ts'
import { sendError } from './reply.ts'
import { mayRetry, tooSlow, upstreamError } from './upstream-errors.ts'
import { type Travel, replyHeaders, requestHeaders } from './upstream-headers.ts'
import type { UpstreamTarget } from './upstream-target.ts'

/** What a request carries on to the app besides itself. */
export interface Passage {
  exchange: Exchange
  head: Head
  travel: Travel
}

/** The way to the app for plain requests. */
export interface Upstream {
  pass(req: IncomingMessage, res: ServerResponse, passage: Passage): void
  /** Lets running requests end, at most 2 s. */
  close(): Promise<void>
}

const CONNECT_TIMEOUT_MS = 10_000
/** How long an app may think before it sends headers: language models answer late. */
const ANSWER_TIMEOUT_MS = 300_000
const CONNECTIONS = 256
const CLOSE_MS = 2_000
const SMALL = 8_192

/** A pool of connections to the app. `answerTimeoutMs`: until its headers, counted from the end of the request's body. */
export function createUpstream(given: {
  target: UpstreamTarget
  streams: Streams
  maxStreams: () => number
  answerTimeoutMs?: number
}): Upstream {
  const { target, streams, maxStreams, answerTimeoutMs = ANSWER_TIMEOUT_MS } = given
  const pool = new Pool(target.origin, {
    connections: CONNECTIONS,
    pipelining: 1,
    // A stream may be silent for as long as it likes.
    bodyTimeout: 0,
    headersTimeout: answerTimeoutMs,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    ...(target.socketPath === null ? {} : { socketPath: target.socketPath }),
  })

  function pass(req: IncomingMessage, res: ServerResponse, { exchange, head, travel }: Passage, again = true): void {
    const { hasBody } = head
    let controller: Dispatcher.DispatchController | null = null
    let gone = false
    let length = -1
    let awaitsDrain = false
    let timer: NodeJS.Timeout | undefined
    let leaveStream: (() => void) | null = null

    res.once('close', () => {
      clearTimeout(timer)
      leaveStream?.()
      if (res.writableFinished) return
      gone = true
      controller?.abort(new Error('the client went away'))
    })
    // undici's own clock runs during the upload; one that takes long is no sign of a slow app.
    if (hasBody) req.once('end', () => (timer = setTimeout(() => controller?.abort(tooSlow()), answerTimeoutMs)))

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(started) {
        controller = started
        if (gone) started.abort(new Error('the client went away'))
      },
      onResponseStart(_, status, headers, statusText) {
        // 103 and its like are hints that a proxy may drop.
        if (status < 200) return
        clearTimeout(timer)
        if (isEventStream(headers)) {
          leaveStream = streams.open(exchange.principal)
          if (leaveStream === null) {
            sendError(res, edgeErrors.UPSTREAM_STREAMS_FULL({ limit: maxStreams() }), { 'Retry-After': '10' })
            controller?.abort(new Error('no place for another stream'))
            return
          }
        }
        if (hasBody && !req.complete) res.setHeader('Connection', 'close')
        length = lengthOf(headers)
        res.writeHead(status, statusText ?? '', replyHeaders(headers))
        // Without a length it is a stream: its headers go at once, even if the first event is a long time coming.
        if (length === -1) sendHead(res)
        else if (length > 0) process.nextTick(sendHead, res)
      },
      onResponseData(data, chunk) {
        if (chunk.length === length) {
          endWhole(res, chunk)
          return
        }
        if (res.write(chunk)) return
        data.pause()
        if (!awaitsDrain) res.on('drain', () => controller?.resume())
        awaitsDrain = true
      },
      onResponseEnd() {
        if (!res.writableEnded) res.end()
      },
      onResponseError(_, error) {
        clearTimeout(timer)
        if (gone || res.destroyed) return
        if (res.headersSent) {
          // Half an answer must not look like a whole one.
          if (!res.writableEnded) res.destroy()
        } else if (again && !hasBody && isSafe(req.method) && mayRetry(error)) {
          pass(req, res, { exchange, head, travel }, false)
        } else sendError(res, upstreamError(error, target.shown))
      },
    }
    pool.dispatch(
      {
        path: exchange.target,
        method: req.method ?? 'GET',
        headers: requestHeaders(req.rawHeaders, exchange, travel, head.connection),
        body: hasBody ? req : null,
        headersTimeout: hasBody ? 0 : answerTimeoutMs,
      },
      handler,
    )
  }

  return {
    pass: (req, res, passage) => pass(req, res, passage),
    async close() {
      const timer = setTimeout(() => void pool.destroy(), CLOSE_MS)
      await pool.close().finally(() => clearTimeout(timer))
    },
  }
}

/** Sends the headers of a reply whose body did not come with them. Not by `flushHeaders`: that writes them as UTF-8, and a byte above 127 would become two. */
function sendHead(res: ServerResponse): void {
  if (!res.writableEnded && !res.destroyed) res.write('', 'latin1')
}

/** Ends a reply with its only chunk. A small one goes as text, because Node sends head and text in one write, head and bytes in two. */
function endWhole(res: ServerResponse, chunk: Buffer): void {
  if (chunk.length <= SMALL) res.end(chunk.toString('latin1'), 'latin1')
  else res.end(chunk)
}

function isSafe(method: string | undefined): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
}

type Headers = Readonly<Record<string, string | string[] | undefined>>

function isEventStream(headers: Headers): boolean {
  const type = headers['content-type']
  return typeof type === 'string' && type.startsWith('text/event-stream')
}

function lengthOf(headers: Headers): number {
  const length = headers['content-length']
  return typeof length === 'string' ? Number(length) : -1
}
