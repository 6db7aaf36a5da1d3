import { readFile } from 'node:fs/promises'
import { createServer as createHttp, type IncomingHttpHeaders, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { createServer as createTcp, type Server as TcpServer, type Socket } from 'node:net'
import { setInterval } from 'node:timers'
import { createServer as createTls } from 'node:tls'
import { atEnd } from './cleanup.ts'
import type { Certificate } from './certs.ts'

/** A server that no real program would be; it ends after the last test of the file. */
export interface Misbehaving {
  /** `http(s)://<name>:<port>`, no slash at the end. */
  readonly url: string
  readonly port: number
  /** Connections accepted so far. */
  connections(): number
  close(): Promise<void>
}

/** One that speaks HTTP. */
export interface MisbehavingHttp extends Misbehaving {
  /** Requests so far, oldest first. */
  heard(): readonly Heard[]
}

/** A request that arrived. */
export interface Heard {
  method: string
  path: string
  headers: IncomingHttpHeaders
}

/** Where it listens. */
export interface Place {
  /** With one, it speaks TLS. */
  certificate?: Certificate
  /** In `url`; default: the address. */
  name?: string
  /** Default 127.0.0.1. */
  host?: string
}

/** Accepts connections and says nothing: not a byte, or with a certificate not a byte after the handshake. */
export function startSilent(place: Place = {}): Promise<Misbehaving> {
  return onSockets(place, () => {})
}

/** Answers any request with `200`, one byte a second: from the status line on, or after a head that came at once. */
export function startTrickle(slow: 'head' | 'body', place: Place = {}): Promise<Misbehaving> {
  return onSockets(place, (socket) => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4096\r\n\r\n'
    const slowly = slow === 'head' ? head : '{"ok":true,"padding":"'
    socket.once('data', () => {
      if (slow === 'body') socket.write(head)
      let sent = 0
      const timer = setInterval(() => socket.write(slowly[sent++ % slowly.length] ?? ''), 1_000)
      socket.once('close', () => clearInterval(timer))
    })
  })
}

/** Answers every request with a redirect; `to` gives the target for a path, and may use the server's own `url`. */
export function startRedirects(to: (path: string, url: string) => string, place: Place = {}): Promise<MisbehavingHttp> {
  return onRequests(place, (url) => (req, res) => void res.writeHead(302, { location: to(req.url ?? '/', url) }).end())
}

/** Where redirects lead that nobody should follow. */
export const badRedirects = {
  login: () => 'https://login.other.test/sign-in?next=1',
  loop: (path, url) => `${url}${path}`,
  'an endless chain': (path, url) => `${url}${path}x`,
  'metadata service': () => 'http://169.254.169.254/latest/meta-data/',
} satisfies Record<string, (path: string, url: string) => string>

/** Starts an HTTP server of a test's own; `listener` is given its url. */
export async function onRequests(place: Place, listener: (url: string) => RequestListener): Promise<MisbehavingHttp> {
  const heard: Heard[] = []
  const server = await httpServer(place.certificate)
  server.on('request', (req: IncomingMessage) => heard.push({ method: req.method ?? '', path: req.url ?? '', headers: req.headers }))
  const listening = await listen(server, place)
  server.on('request', listener(listening.url))
  return { ...listening, heard: () => heard }
}

async function httpServer(certificate: Certificate | undefined): Promise<Server> {
  return certificate ? createHttps(await pems(certificate)) : createHttp()
}

async function onSockets(place: Place, each: (socket: Socket) => void): Promise<Misbehaving> {
  return listen(place.certificate ? createTls(await pems(place.certificate), each) : createTcp(each), place)
}

async function pems({ certFile, keyFile }: Certificate): Promise<{ cert: Buffer; key: Buffer }> {
  return { cert: await readFile(certFile), key: await readFile(keyFile) }
}

async function listen(server: TcpServer, { certificate, host = '127.0.0.1', name }: Place): Promise<Misbehaving> {
  const open = new Set<Socket>()
  let accepted = 0
  // A client that goes away is what these servers are for.
  server.on('connection', (socket: Socket) => (accepted++, open.add(socket.on('error', () => {}).once('close', () => open.delete(socket)))))
  server.on('secureConnection', (socket: Socket) => socket.on('error', () => {}))
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, host, resolve))
  const at = server.address()
  const port = typeof at === 'object' && at ? at.port : 0
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of open) socket.destroy()
    })
  atEnd(close)
  const shown = name ?? (host.includes(':') ? `[${host}]` : host)
  return { url: `${certificate ? 'https' : 'http'}://${shown}:${port}`, port, connections: () => accepted, close }
}
