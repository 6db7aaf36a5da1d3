import type { ServerResponse } from 'node:http'
import type { XopcError } from '../errors/error.ts'
import { PAGE_POLICY } from '../protocol/page-policy.ts'

/** On every reply: the page's policy, and nothing is kept. */
const headers: Readonly<Record<string, string>> = {
  'Content-Security-Policy': PAGE_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store',
}

/** Sets what every reply has. */
export function dress(res: ServerResponse): void {
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
}

/** Answers with JSON. */
export function sendJson(res: ServerResponse, status: number, body: unknown): void {
  send(res, { status, type: 'application/json; charset=utf-8', bytes: Buffer.from(JSON.stringify(body)) })
}

/** Answers with an error, in the form of the gateway's. What follows of the request is not read, so the connection ends. */
export function sendError(res: ServerResponse, error: XopcError): void {
  res.setHeader('Connection', 'close')
  const { message, ...rest } = error.info()
  sendJson(res, error.http, { error: message, ...rest })
}

/** Answers with a body that is there as a whole; its head alone for HEAD. */
export function send(res: ServerResponse, { status, type, bytes }: { status: number; type: string; bytes: Buffer }): void {
  dress(res)
  res.writeHead(status, { 'Content-Type': type, 'Content-Length': bytes.length })
  res.end(res.req.method === 'HEAD' ? undefined : bytes)
}
