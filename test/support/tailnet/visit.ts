import { once } from 'node:events'
import { request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { connect as connectTls } from 'node:tls'

/** A request of a visitor. */
export interface VisitOptions {
  /** Default: GET. */
  method?: string
  headers?: OutgoingHttpHeaders
  body?: string
  /** Milliseconds until the whole answer must be there; default 20,000, because the first request to a name waits for its certificate. */
  timeoutMs?: number
}

/** What came back. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Makes one request over a connection that is spent afterwards. Throws when the connection breaks or the time is up. */
export async function exchange(stream: Duplex, url: URL, options: VisitOptions = {}): Promise<Answer> {
  const { method = 'GET', headers, body, timeoutMs = 20_000 } = options
  const signal = AbortSignal.timeout(timeoutMs)
  const asked = httpRequest({
    createConnection: () => stream,
    method,
    path: url.pathname + url.search,
    headers: { host: url.host, connection: 'close', ...headers },
    signal,
  })
  asked.end(body)
  try {
    const [response] = await once(asked, 'response', { signal })
    return { status: response.statusCode, headers: response.headers, body: await text(response) }
  } finally {
    stream.destroy()
  }
}

/** Goes through a SOCKS5 proxy that `stream` leads to, and resolves with the same stream when the far end is reached. Throws the proxy's refusal. */
export async function throughSocks(stream: Duplex, host: string, port: number): Promise<Duplex> {
  stream.write(Buffer.of(5, 1, 0))
  const [, method] = await bytes(stream, 2)
  const name = Buffer.from(host)
  stream.write(Buffer.concat([Buffer.of(5, 1, 0, 3, name.length), name, Buffer.of(port >> 8, port & 255)]))
  const [, refused, , kind] = await bytes(stream, 4)
  if (method !== 0 || refused !== 0) throw new Error(`the tailnet does not lead to ${host}:${port}: SOCKS5 said ${refused}`)
  const rest = kind === 1 ? 4 : kind === 4 ? 16 : ((await bytes(stream, 1))[0] ?? 0)
  await bytes(stream, rest + 2)
  return stream
}

/** TLS over a stream, believing this CA alone. Throws when the certificate is not for `host`, or when none comes within 20 s. */
export async function overTls(stream: Duplex, host: string, ca: Buffer): Promise<Duplex> {
  const secure = connectTls({ socket: stream, host, ...(isIP(host) ? {} : { servername: host }), ca, ALPNProtocols: ['http/1.1'] })
  await once(secure, 'secureConnect', { signal: AbortSignal.timeout(20_000) })
  return secure
}

/**
 * Asks a node as the server of Tailscale would that takes a visitor of Funnel in: over the tailnet, at the port where nodes speak with each other.
 * What follows on the stream is the visitor's. Throws the node's refusal, which is `403 denied` where Funnel is off.
 */
export async function asFunnel(stream: Duplex, peer: URL, target: string, visitor: string): Promise<Duplex> {
  const head = [
    'POST /v0/ingress HTTP/1.1',
    `Host: ${peer.host}`,
    `Tailscale-Ingress-Src: ${visitor}`,
    `Tailscale-Ingress-Target: ${target}`,
  ]
  stream.write(`${[...head, 'Content-Length: 0'].join('\r\n')}\r\n\r\n`)
  let answer = ''
  while (!answer.endsWith('\r\n\r\n')) answer += (await bytes(stream, 1)).toString('latin1')
  const [, status] = answer.split(' ')
  if (status !== '101') throw new Error(`the node refuses a visitor of Funnel: ${answer.trim()}`)
  return stream
}

/** Exactly this many; what comes after them stays in the stream. */
async function bytes(stream: Duplex, count: number): Promise<Buffer> {
  for (;;) {
    const read: Buffer | null = stream.read(count)
    if (read) return read
    if (stream.readableEnded || stream.destroyed) throw new Error('the connection ended in the middle')
    await once(stream, 'readable', { signal: AbortSignal.timeout(20_000) })
  }
}
