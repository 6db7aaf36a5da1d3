import {
  createServer as createPlain,
  type IncomingMessage,
  request,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createSecure } from 'node:https'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, createServer as createTcp, type Server as TcpServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { onTestFinished } from 'vitest'
import type { Certificate } from '../../support/certs.ts'

/** What a proxy does to what passes through it. Left out, it does what a good one does: it hands everything on and tells of itself. */
export interface Manners {
  /** Answers by itself; false hands the request on. */
  answer?: (req: IncomingMessage, res: ServerResponse) => boolean
  /** Changes the request headers that go to the gateway. */
  headers?: (headers: Record<string, string | string[] | undefined>, req: IncomingMessage) => void
  /** Takes the reply in place of passing it on piece by piece. */
  reply?: (from: IncomingMessage, res: ServerResponse, req: IncomingMessage) => void
  /** What becomes of an upgrade; the default passes it on. */
  upgrade?: (req: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** Over https with this certificate. */
  certificate?: Certificate
  /** `Server` of every answer; null for none. */
  server?: string | null
  host?: string
}

/** A running proxy, and what it was asked. */
export interface Proxy {
  port: number
  /** `GET /health`, in the order in which they came. */
  requests: string[]
  /** Headers of every request, beside its line. */
  received: { line: string; headers: IncomingMessage['headers'] }[]
}

/** A proxy on loopback before the gateway at `gatewayPort`; it ends with the test. */
export async function startProxy(gatewayPort: number, manners: Manners = {}): Promise<Proxy> {
  const received: Proxy['received'] = []
  const note = (req: IncomingMessage) => void received.push({ line: `${req.method} ${req.url}`, headers: req.headers })
  const pass: RequestListener = (req, res) => {
    note(req)
    if (manners.answer?.(req, res)) return
    const up = request(forward(req, gatewayPort, manners), (from) => {
      dress(from, res, manners)
      if (manners.reply) return manners.reply(from, res, req)
      res.writeHead(from.statusCode ?? 502, from.headers)
      res.flushHeaders()
      from.pipe(res)
      from.on('error', () => res.destroy())
    })
    up.on('error', () => (res.headersSent ? res.destroy() : res.writeHead(502).end()))
    res.on('close', () => up.destroy())
    req.pipe(up)
  }
  const server = await serverFor(pass, manners)
  server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    note(req)
    socket.on('error', () => socket.destroy())
    if (manners.upgrade) return manners.upgrade(req, socket, head)
    joinUpgrade(socket, forward(req, gatewayPort, manners))
  })
  const port = await listen(server, manners.host)
  return {
    port,
    received,
    get requests() {
      return received.map(({ line }) => line)
    },
  }
}

async function serverFor(pass: RequestListener, { certificate }: Manners): Promise<Server> {
  if (certificate === undefined) return createPlain(pass)
  return createSecure({ cert: await readFile(certificate.certFile), key: await readFile(certificate.keyFile) }, pass)
}

function forward(req: IncomingMessage, port: number, manners: Manners) {
  const headers: Record<string, string | string[] | undefined> = {
    ...req.headers,
    'x-forwarded-for': req.socket.remoteAddress,
    'x-forwarded-proto': manners.certificate === undefined ? 'http' : 'https',
  }
  manners.headers?.(headers, req)
  return { host: '127.0.0.1', port, method: req.method, path: req.url, headers: headers as Record<string, string>, agent: false as const }
}

function dress(from: IncomingMessage, res: ServerResponse, { server = null }: Manners): void {
  if (server !== null) res.setHeader('server', server)
  delete from.headers.connection
  delete from.headers['transfer-encoding']
  delete from.headers['keep-alive']
}

function joinUpgrade(socket: Duplex, options: object): void {
  const up = request(options)
  const head = (answer: IncomingMessage) =>
    answer.rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${answer.rawHeaders[index + 1]}\r\n`] : [])).join('')
  up.on('upgrade', (answer, other, first) => {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${head(answer)}\r\n`)
    if (first.length > 0) socket.write(first)
    other.on('error', () => socket.destroy())
    socket.on('close', () => other.destroy())
    other.pipe(socket).pipe(other)
  })
  up.on('response', (answer) => {
    socket.write(`HTTP/1.1 ${answer.statusCode} No\r\n${head(answer)}\r\n`)
    answer.pipe(socket)
  })
  up.on('error', () => socket.destroy())
  up.end()
}

/** A server that speaks bytes, ended with the test. */
export async function startBytes(talk: (socket: Socket) => void, host = '127.0.0.1', port = 0): Promise<number> {
  const server = createTcp((socket) => {
    socket.on('error', () => socket.destroy())
    talk(socket)
  })
  return await listen(server, host, port)
}

/** Listens on a free port and ends with the test, connections and all. */
export async function listen(server: TcpServer, host = '127.0.0.1', port = 0): Promise<number> {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  onTestFinished(async () => {
    for (const socket of open) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  // `as`: a server on a port has an address of this form.
  return (server.address() as AddressInfo).port
}

/** A port that refuses connections, as far as one can be sure. */
export async function closedPort(): Promise<number> {
  const server = createTcp()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
