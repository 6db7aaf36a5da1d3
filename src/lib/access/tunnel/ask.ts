import { type IncomingMessage, request as askHttp } from 'node:http'
import { request as askHttps } from 'node:https'
import { isIP } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { XopcError } from '../../errors/error.ts'
import { connectionReason } from '../../system/connection-reason.ts'
import { systemTrust } from '../../system/trust.ts'
import { tunnelErrors } from './errors.ts'

/** One question to a broker. */
export interface Question {
  method: 'GET' | 'POST' | 'DELETE'
  url: string
  headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  body?: unknown
  /** Milliseconds until all of the answer is there; default 10,000. */
  timeoutMs?: number
}

/** What it answered, whatever the status. */
export interface Answer {
  status: number
  /** Null where the body is no JSON. */
  json: unknown
  /** `Retry-After` in seconds. */
  retryAfter: number | null
  /** The clock of the broker, milliseconds since the epoch. */
  date: number | null
}

/** No answer of a broker is larger, bytes. */
const MOST_BYTES = 64 * 1024
const TIMEOUT_MS = 10_000

/** Asks; redirects are not followed. Throws `TUNNEL_BROKER_UNREACHABLE`, `TUNNEL_BROKER_STRANGE`, or the signal's reason. */
export async function askBroker(question: Question, signal: AbortSignal): Promise<Answer> {
  signal.throwIfAborted()
  const { origin: broker } = new URL(question.url)
  const late = AbortSignal.timeout(question.timeoutMs ?? TIMEOUT_MS)
  try {
    const reply = await send(question, AbortSignal.any([signal, late]))
    const { statusCode: status = 0, headers } = reply
    if (status >= 300 && status < 400) throw strange(broker, 'it sends to another address, and brokers do not')
    const text = await textOf(reply, broker)
    return { status, json: jsonIn(text), retryAfter: secondsIn(headers['retry-after']), date: timeIn(headers.date) }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (error instanceof XopcError) throw error
    throw tunnelErrors.TUNNEL_BROKER_UNREACHABLE(
      { broker, reason: late.aborted ? 'it did not answer in time' : reasonOf(error) },
      { cause: error },
    )
  }
}

function send({ method, url, headers, body }: Question, signal: AbortSignal): Promise<IncomingMessage> {
  const { protocol, hostname } = new URL(url)
  const text = body === undefined ? undefined : JSON.stringify(body)
  const options = {
    method,
    signal,
    agent: false as const,
    // RFC 6761: these names are this computer, whatever a server of names says.
    ...(hostname.endsWith('.localhost') ? { lookup: toLoopback } : {}),
    headers: {
      ...headers,
      accept: 'application/json',
      ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    },
  }
  return new Promise((resolve, reject) => {
    const asked = protocol === 'https:' ? askHttps(url, { ...options, createConnection: connectTrusted(url) }) : askHttp(url, options)
    asked.on('response', resolve).on('error', reject).end(text)
  })
}

/** By the authorities of the whole computer, as a browser here would. */
function connectTrusted(url: string): () => TLSSocket {
  const { hostname, port } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  return () => connect({ host, port: Number(port || 443), servername: isIP(host) === 0 ? host : '', secureContext: systemTrust() })
}

function toLoopback(_name: string, _options: unknown, done: (error: null, addresses: { address: string; family: number }[]) => void): void {
  done(null, [{ address: '127.0.0.1', family: 4 }])
}

async function textOf(reply: IncomingMessage, broker: string): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of reply) {
    // `as`: without an encoding a reply gives buffers.
    chunks.push(chunk as Buffer)
    size += chunks.at(-1)?.length ?? 0
    if (size > MOST_BYTES) throw strange(broker, 'it sent more than any broker sends')
  }
  return Buffer.concat(chunks).toString('utf8')
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function secondsIn(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) : null
}

function timeIn(header: string | undefined): number | null {
  const time = Date.parse(header ?? '')
  return Number.isNaN(time) ? null : time
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  return connectionReason(code)
}

/** An answer that no broker should give. */
export function strange(broker: string, reason: string): XopcError {
  return tunnelErrors.TUNNEL_BROKER_STRANGE({ broker, reason })
}
