import type { IncomingMessage } from 'node:http'
import type { Transport, TransportReply } from '../client/transport.ts'
import { linesOf, textOf } from './body.ts'
import { explained, type Faults, type Send } from './send.ts'

/** Until the head of a reply, and once more until its end, in milliseconds. A stream of lines has no end to wait for. */
const USUAL_MS = 10_000

/** A client's transport over something that sends. Throws what that throws, and what `faults` makes of a body that broke off. */
export function transportOver(send: Send, faults: Faults): Transport {
  return async ({ method, path, body, headers = {}, signal, timeoutMs = USUAL_MS }) => {
    const payload = body === undefined ? null : JSON.stringify(body)
    const type = payload === null ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) }
    const response = await send({ method, path, headers: { ...headers, ...type }, body: payload, signal, timeoutMs })
    return replyOf(response, (error) => explained(error, faults, signal), { ms: timeoutMs, error: () => faults.late(timeoutMs) })
  }
}

function replyOf(response: IncomingMessage, wrap: (error: unknown) => Error, late: { ms: number; error(): Error }): TransportReply {
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
