import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'

/** An event of an SSE stream, and when it came. */
export interface Arrived {
  readonly data: string
  /** Milliseconds since the epoch, to compare with `sentAt` of test/fixtures/upstream.ts. */
  readonly at: number
}

/** An SSE stream that is being read. */
export interface EventStream {
  readonly status: number
  /** What came so far; it grows. */
  readonly events: readonly Arrived[]
  /** The first events, once there are so many. Throws what came when the stream ends before that, or when 20 s are over. */
  first(count: number): Promise<readonly Arrived[]>
  /** Resolves when the stream is over, whoever ended it. */
  readonly over: Promise<void>
  /** Cuts the connection. */
  end(): void
}

/** What a visitor sends along. */
export interface StreamOptions {
  headers?: Record<string, string>
}

const patienceMs = 20_000

/** Reads events over a connection to where `url` leads, of `tailnet.openFrom('b', url)` or `tailnet.openFunnel(url)`. Throws when it breaks or no answer comes within 20 s. */
export async function eventsOver(stream: Duplex, url: string, { headers }: StreamOptions = {}): Promise<EventStream> {
  const { host, pathname, search } = new URL(url)
  const asked = request({
    createConnection: () => stream,
    path: pathname + search,
    headers: { host, accept: 'text/event-stream', ...headers },
  })
  asked.end()
  const [answer] = await once(asked, 'response', { signal: AbortSignal.timeout(patienceMs) })
  const response: IncomingMessage = answer
  const events: Arrived[] = []
  let line = ''
  response.setEncoding('utf8').on('data', (text: string) => {
    const lines = (line + text).split('\n')
    line = lines.pop() ?? ''
    for (const each of lines) if (each.startsWith('data:')) events.push({ data: each.slice('data:'.length).trim(), at: Date.now() })
  })
  const over = new Promise<void>((resolve) => response.once('close', resolve))
  // A stream that is cut is over, like one that ends: what came tells which.
  for (const each of [asked, response]) each.on('error', () => stream.destroy())
  const first = async (count: number) => {
    const signal = AbortSignal.timeout(patienceMs)
    while (events.length < count) {
      if (response.closed || signal.aborted) throw new Error(`${events.length} of ${count} events came: ${JSON.stringify(events)}`)
      await Promise.race([over, once(response, 'data', { signal }).catch(() => null)])
    }
    return events.slice(0, count)
  }
  return { status: response.statusCode ?? 0, events, first, over, end: () => void stream.destroy() }
}

/** Opens a WebSocket over such a connection. Throws the status when it is refused, and when it is not open within 20 s. */
export async function webSocketOver(stream: Duplex, url: string, { headers }: StreamOptions = {}): Promise<WebSocket> {
  const { host, pathname, search } = new URL(url)
  const socket = new WebSocket(`ws://${host}${pathname}${search}`, {
    createConnection: () => stream,
    ...(headers && { headers }),
    handshakeTimeout: patienceMs,
  })
  await once(socket, 'open')
  return socket
}

/** Sends a text, and gives the next one that comes. Throws when none does within 20 s. */
export async function echo(socket: WebSocket, text: string): Promise<string> {
  const answer = once(socket, 'message', { signal: AbortSignal.timeout(patienceMs) })
  socket.send(text)
  const [message] = await answer
  return String(message)
}
