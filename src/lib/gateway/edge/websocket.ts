import { hash } from 'node:crypto'
import { type ClientRequest, type IncomingMessage, request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { edgeErrors } from './errors.ts'
import type { Head } from './head.ts'
import { replyTo, sendError } from './reply.ts'
import type { Passage } from './upstream.ts'
import { tooSlow, upstreamError } from './upstream-errors.ts'
import { replyHeaders, requestHeaders } from './upstream-headers.ts'
import type { UpstreamTarget } from './upstream-target.ts'

const HANDSHAKE_TIMEOUT_MS = 30_000
const LINGER_MS = 30_000

/** Whether a request is a WebSocket handshake (RFC 6455, 4.1) and nothing else. */
export function isHandshake(req: IncomingMessage, head: Head): boolean {
  const { 'sec-websocket-key': key, 'sec-websocket-version': version } = req.headers
  return (
    req.method === 'GET' &&
    req.httpVersion === '1.1' &&
    head.upgrade?.toLowerCase() === 'websocket' &&
    !head.hasBody &&
    version === '13' &&
    key !== undefined &&
    // 16 bytes in base64.
    /^[A-Za-z0-9+/]{21}[AQgw]==$/.test(key)
  )
}

/** What a server must answer to a key (RFC 6455, 4.2.2). */
export function acceptOf(key: string): string {
  return hash('sha1', `${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`, 'base64')
}

/** Passes a WebSocket handshake to the app and, if the app accepts it properly, joins both connections. `opened` and `closed` frame the time in which they are joined. */
export function passWebSocket(
  given: { req: IncomingMessage; socket: Duplex; early: Buffer; passage: Passage; target: UpstreamTarget },
  count: { opened(): void; closed(): void },
): void {
  const { req, socket, early, target } = given
  const ask = askApp(req, given.passage, target)
  const fail = (error: Error): void => {
    if (!socket.destroyed) sendError(replyTo(req, socket), upstreamError(error, target.shown))
  }
  const gone = (): void => void ask.destroy()
  socket.once('close', gone)
  ask.setTimeout(HANDSHAKE_TIMEOUT_MS, () => ask.destroy(tooSlow()))
  ask.once('error', fail)
  ask.once('response', (answer) => passRefusal(req, socket, answer))
  ask.once('upgrade', (answer: IncomingMessage, app: Duplex, first: Buffer) => {
    socket.off('close', gone)
    ask.off('error', fail)
    ask.setTimeout(0)
    // Without the proof the app speaks another protocol, and a pipe would let the client write anything into it, in our name.
    if (!isAccepted(req, answer)) {
      app.destroy()
      sendError(
        replyTo(req, socket),
        edgeErrors.UPSTREAM_ANSWER_INVALID({ upstream: target.shown, detail: 'it answered 101 without accepting the WebSocket handshake' }),
      )
      return
    }
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${switchingHeaders(answer)}\r\n`, 'latin1')
    count.opened()
    join({ socket, app, early, first }, count.closed)
  })
  ask.end()
}

function askApp(req: IncomingMessage, { exchange, head, travel }: Passage, target: UpstreamTarget): ClientRequest {
  const headers = [
    'Host',
    target.host,
    ...requestHeaders(req.rawHeaders, exchange, travel, head.connection),
    'Connection',
    'Upgrade',
    'Upgrade',
    'websocket',
  ]
  const path = exchange.target
  const request = target.secure ? requestSecure : requestPlain
  if (target.socketPath !== null) return request({ socketPath: target.socketPath, path, headers, agent: false })
  return request(target.origin, { path, headers, agent: false })
}

function isAccepted(req: IncomingMessage, answer: IncomingMessage): boolean {
  const { upgrade, connection, 'sec-websocket-accept': accept } = answer.headers
  return (
    answer.statusCode === 101 &&
    upgrade?.toLowerCase() === 'websocket' &&
    /(?:^|,)\s*upgrade\s*(?:,|$)/i.test(connection ?? '') &&
    accept === acceptOf(req.headers['sec-websocket-key'] ?? '')
  )
}

function switchingHeaders(answer: IncomingMessage): string {
  const pairs = ['Upgrade', 'websocket', 'Connection', 'Upgrade', ...replyHeaders(answer.headers)]
  let text = ''
  for (let index = 0; index + 1 < pairs.length; index += 2) text += `${pairs[index]}: ${pairs[index + 1]}\r\n`
  return text
}

/** The app said no in plain HTTP; the client may know why. */
function passRefusal(req: IncomingMessage, socket: Duplex, answer: IncomingMessage): void {
  if (socket.destroyed) {
    answer.destroy()
    return
  }
  const res = replyTo(req, socket)
  res.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', replyHeaders(answer.headers))
  answer.once('error', () => res.destroy())
  answer.pipe(res)
}

/** Both directions as they come, until either side ends; an abort of one is an abort of the other. */
function join({ socket, app, early, first }: { socket: Duplex; app: Duplex; early: Buffer; first: Buffer }, closed: () => void): void {
  if (first.length > 0) socket.write(first)
  if (early.length > 0) app.write(early)
  let open = 2
  const follow = (one: Duplex, other: Duplex): void => {
    if (one instanceof Socket) one.setNoDelay(true).setTimeout(0)
    // The close that follows an error ends the other side, too.
    one.on('error', () => one.destroy())
    one.once('close', () => {
      if (one.readableEnded) endWithin(other, LINGER_MS)
      else other.destroy()
      if (--open === 0) closed()
    })
    one.pipe(other)
  }
  follow(socket, app)
  follow(app, socket)
}

/** Lets what is already on its way arrive; a reader that does not read is not waited for longer than `ms`. */
function endWithin(stream: Duplex, ms: number): void {
  if (stream.destroyed) return
  const timer = setTimeout(() => stream.destroy(), ms)
  stream.once('close', () => clearTimeout(timer))
  stream.end(() => stream.destroy())
}
