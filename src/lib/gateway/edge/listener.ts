import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Socket } from 'node:net'
import type { IngressId } from '../../protocol/http-api.ts'
import { bindPrivately, clearSocketPath, setSocketRights } from '../../system/socket-file.ts'
import type { Connections } from './connections.ts'
import type { Doorkeeper } from './doorkeeper.ts'
import { edgeErrors } from './errors.ts'

/** One address that is listened on. */
export interface Listener {
  /** `127.0.0.1:18790`, `[::1]:18790`, or the socket's path. */
  readonly authority: string
  readonly port: number
  /** Stops listening at once, and ends every connection that came through it within 200 ms (time for a reply on its way). */
  close(): Promise<void>
  /** Stops listening; streams that came through it go on until they end or `close` ends them. */
  retire(): void
  /** Open connections that came through it. */
  open(): number
}

/** Where one listener is put. */
export type ListenerPlace = { host: string; port: number } | { path: string }

/** What a listener hands its requests to. */
export interface ListenerParts {
  ingress: IngressId
  keeper: Doorkeeper
  connections: Connections
}

const HEADERS_TIMEOUT_MS = 10_000
/** Longer than the 60 s for which the usual proxies keep an idle connection, so that they end it, not we in the middle of their next request. */
const KEEP_ALIVE_MS = 65_000
const GRACE_MS = 200

/** Listens at one address. Rejects with the error of `listen`, or `SOCKET_REFUSED`. */
export async function openListener(parts: ListenerParts, place: ListenerPlace): Promise<Listener> {
  const server = createHttpServer(parts)
  const sockets = followSockets(server, parts)
  if ('path' in place) await listenUnix(server, place.path, parts.ingress)
  else await listening(server, () => server.listen({ host: place.host, port: place.port, exclusive: true }))
  const at = server.address()
  const port = typeof at === 'object' && at !== null ? at.port : 0
  const authority = 'path' in place ? place.path : `${place.host.includes(':') ? `[${place.host}]` : place.host}:${port}`
  return { authority, port, close: () => closeServer(server, sockets), retire: () => void server.close(), open: () => sockets.size }
}

function createHttpServer({ ingress, keeper }: ListenerParts): Server {
  const server = createServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    // Uploads may take as long as they like once somebody has proven who they are; until then the edge bounds them.
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: 32_768,
    // An offer to upgrade to anything else is ignored, as HTTP allows: the request is answered as if it had not been made.
    shouldUpgradeCallback: (req: IncomingMessage) => req.headers.upgrade?.toLowerCase() === 'websocket',
  })
  server.on('request', (req, res) => keeper.handle(req, res, ingress))
  // The edge says "100 Continue" only after it has looked at the credential.
  server.on('checkContinue', (req, res) => keeper.handle(req, res, ingress))
  server.on('upgrade', (req, socket, head) => keeper.upgrade(req, socket, head, ingress))
  server.on('clientError', answerBroken)
  return server
}

/** What cannot be read as HTTP gets a bare status, but only as the first thing on its connection: later it could be taken for a part of another reply. */
function answerBroken(error: NodeJS.ErrnoException, socket: Duplex & Partial<Pick<Socket, 'bytesWritten' | 'destroySoon'>>): void {
  if (!socket.writable || error.code === 'ECONNRESET' || socket.bytesWritten !== 0) {
    socket.destroy()
    return
  }
  const status = { HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large', ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout' }
  // The code of an error is any string; those that are no key of the table give undefined.
  const line = status[error.code as keyof typeof status] ?? '400 Bad Request'
  socket.end(`HTTP/1.1 ${line}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  socket.destroySoon?.()
}

function followSockets(server: Server, { ingress, connections }: ListenerParts): Set<Socket> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    connections.accept(socket, ingress)
  })
  return sockets
}

async function listenUnix(server: Server, path: string, ingress: IngressId): Promise<void> {
  const audience = ingress === 'proxy' ? 'group' : 'owner'
  const obstacle = await clearSocketPath(path, audience)
  if (obstacle) throw edgeErrors.SOCKET_REFUSED({ path, reason: obstacle.reason, fix: obstacle.fix })
  // Node binds a path within `listen` itself, so the umask holds exactly as long as it is needed.
  await listening(server, () => bindPrivately(() => server.listen({ path, exclusive: true })))
  if (setSocketRights(path, audience)) return
  server.close()
  throw edgeErrors.SOCKET_REFUSED({ path, reason: 'its file rights could not be limited', fix: 'Put it on a local file system.' })
}

function listening(server: Server, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.once('listening', () => {
      server.off('error', reject)
      resolve()
    })
    listen()
  })
}

async function closeServer(server: Server, sockets: Set<Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  server.closeIdleConnections()
  const timer = setTimeout(() => sockets.forEach((socket) => socket.destroy()), GRACE_MS)
  await closed
  clearTimeout(timer)
  // Upgraded connections are not the server's any more, so `close` did not wait for them.
  sockets.forEach((socket) => socket.destroy())
}
