import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Socket } from 'node:net'
import type { XopcError } from '../../errors/error.ts'
import { API_LEVEL } from '../../protocol/http-api.ts'

/** On every reply of our own; Control may overwrite one of them for a page, never `frame-ancestors`. */
const ownHeaders: readonly (readonly [name: string, value: string])[] = [
  ['X-Xopc-Api', String(API_LEVEL)],
  ['Content-Security-Policy', "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cache-Control', 'no-store'],
]

/** Sets the headers of our own replies. */
export function dressOwn(res: ServerResponse): void {
  for (const [name, value] of ownHeaders) res.setHeader(name, value)
}

/** Lets a page of `origin` (one of `gateway.corsOrigins`) read the reply; never with cookies, never `*`. */
export function allowOrigin(res: ServerResponse, origin: string): void {
  res.setHeader('Access-Control-Allow-Origin', origin)
  res.setHeader('Vary', 'Origin')
  res.setHeader('Cross-Origin-Resource-Policy', 'cross-origin')
  res.setHeader('Access-Control-Expose-Headers', 'ETag, Retry-After, X-Xopc-Api')
}

/** Answers with JSON. */
export function sendJson(res: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  dressOwn(res)
  res.setHeader('Content-Type', 'application/json; charset=utf-8')
  res.setHeader('Content-Length', Buffer.byteLength(text))
  res.writeHead(status)
  res.end(text)
}

/** Answers with an error of ours. A short body that follows is read and forgotten; where a long one was announced, the connection closes. */
export function sendError(res: ServerResponse, error: XopcError, headers: Readonly<Record<string, string>> = {}): void {
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
  if (!forgetBody(res.req)) res.setHeader('Connection', 'close')
  sendJson(res, error.http, {
    error: error.message,
    code: error.code,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    docs: error.docs,
  })
}

const SHORT_BYTES = 64 * 1024
const FORGET_MS = 5_000

/**
 * Reads what is announced of a short body, for at most 5 s, so that the connection can go on; true also where none was announced. Closing while the
 * other side still writes makes a proxy (tailscaled, for one) lose the reply and answer 502. False where the body is long, of unknown
 * length, or waits to be asked for: nobody reads that for a refusal.
 */
export function forgetBody(req: IncomingMessage): boolean {
  const { complete, headers } = req
  const length = Number(headers['content-length'] ?? 0)
  if (complete || (length === 0 && headers['transfer-encoding'] === undefined)) return true
  if (headers['transfer-encoding'] !== undefined || headers.expect !== undefined || !(length <= SHORT_BYTES)) return false
  const timer = setTimeout(() => req.socket.destroy(), FORGET_MS)
  timer.unref()
  req.once('close', () => clearTimeout(timer)).once('end', () => clearTimeout(timer))
  req.resume()
  return true
}

/** A reply on a connection that asked to be upgraded and was not; the connection ends with it. */
export function replyTo(req: IncomingMessage, socket: Duplex): ServerResponse {
  const res = new ServerResponse(req)
  res.shouldKeepAlive = false
  // Sockets of our listeners are net.Sockets; the type of the upgrade event is wider.
  res.assignSocket(socket as Socket)
  res.once('finish', () => {
    res.detachSocket(socket as Socket)
    socket.end()
  })
  return res
}
