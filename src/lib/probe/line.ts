import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Aim } from './aim.ts'
import type { Dial } from './dial.ts'
import { headerLines, type Reply } from './reply.ts'
import { type Trouble, troubleOf } from './trouble.ts'

/** What is asked. */
export interface Ask {
  method?: 'GET' | 'POST'
  path: string
  headers?: Readonly<Record<string, string>>
  body?: string
}

/** What came of it. */
export type Asked = { reply: Reply; trouble?: never } | { trouble: Trouble; reply?: never }

/** One connection that is kept from request to request, and opened anew where the other side closed it. */
export interface Line {
  /** Asks for one thing at a time. An answer that takes longer than the signal is a `timeout`, also one that trickles. Never throws. */
  ask(ask: Ask, signal: AbortSignal): Promise<Asked>
  close(): void
}

type Connected = (error: Error | null, stream: Duplex) => void

/** No answer of a gateway to a test is longer. */
const MAX_BODY_BYTES = 64 * 1024

/** A line to the tested address; `ready` is a connection that stands already. */
export function openLine(aim: Aim, dial: Dial, ready: Duplex | null = null): Line {
  let first = ready
  let limit: AbortSignal
  const agent = Object.assign(new Agent({ keepAlive: true, maxSockets: 1 }), {
    createConnection(_options: unknown, done?: Connected): Duplex | undefined {
      const standing = first
      first = null
      if (standing === null) void connect(done)
      return standing ?? undefined
    },
  })

  async function connect(done: Connected | undefined): Promise<void> {
    const [error, stream] = await dial(limit).then(
      (opened) => [null, opened] as const,
      (reason: unknown) => [reason instanceof Error ? reason : new Error(String(reason)), undefined] as const,
    )
    // `as`: node calls back with an error alone where there is no connection; its type wants both.
    done?.(error, stream as Duplex)
  }

  async function send(ask: Ask, signal: AbortSignal, again: boolean): Promise<Asked> {
    limit = signal
    const call = request(optionsFor(ask, aim, agent, signal))
    try {
      return { reply: await replyTo(call, ask.body) }
    } catch (error) {
      const trouble = troubleOf(error)
      // A kept connection may be closed by the other side just as it is used; that says nothing of the address.
      if (trouble.kind === 'cut' && call.reusedSocket && again) return await send(ask, signal, false)
      return { trouble: signal.aborted ? { ...trouble, kind: 'timeout' } : trouble }
    }
  }

  return {
    ask: async (ask, signal) => await send(ask, signal, true),
    close() {
      first?.destroy()
      agent.destroy()
    },
  }
}

/** The headers that every request of a test carries. */
export function headersFor(aim: Aim): Record<string, string> {
  return { Host: aim.authority, 'User-Agent': 'xopc-probe', Accept: '*/*' }
}

function optionsFor({ method = 'GET', path, headers = {}, body }: Ask, aim: Aim, agent: Agent, signal: AbortSignal) {
  const typed = body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)) }
  return { method, path, agent, signal, setHost: false, headers: { ...headersFor(aim), ...typed, ...headers } }
}

async function replyTo(call: ClientRequest, body: string | undefined): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  let sent = performance.now()
  call.once('socket', () => (sent = performance.now())).once('response', resolve)
  // A switch of protocols that nobody asked for: node would wait for somebody to take it.
  call.once('upgrade', (_, socket: Duplex) => (socket.destroy(), reject(Object.assign(new Error('upgraded'), { code: 'HPE_UNEXPECTED' }))))
  call.on('error', reject)
  call.end(body)
  const response = await promise
  const text = await bodyOf(response)
  return { status: response.statusCode ?? 0, headers: headerLines(response.rawHeaders), body: text, ms: performance.now() - sent }
}

/** What is longer than any answer of a gateway is cut off: the beginning tells what it is. */
async function bodyOf(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of response) {
    // `as`: a response without an encoding gives Buffers.
    pieces.push(piece as Buffer)
    length += (piece as Buffer).length
    if (length > MAX_BODY_BYTES) break
  }
  return Buffer.concat(pieces).subarray(0, MAX_BODY_BYTES).toString('utf8')
}
