import type { IncomingMessage, ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Config } from '../../config/schema.ts'
import { XopcError } from '../../errors/error.ts'
import type { Devices } from '../../identity/devices.ts'
import type { Pairing } from '../../identity/pairing.ts'
import type { Sessions } from '../../identity/sessions.ts'
import type { Tickets } from '../../identity/tickets.ts'
import type { Health, IngressId } from '../../protocol/http-api.ts'
import type { Audit } from '../../system/audit.ts'
import type { Clock } from '../../system/clock.ts'
import type { Log } from '../../system/log.ts'
import { gatewayErrors } from '../errors.ts'
import { createAuthenticator } from './auth.ts'
import { createBackend } from './backend.ts'
import type { Connections } from './connections.ts'
import type { Control } from './control-port.ts'
import type { Doorkeeper } from './doorkeeper.ts'
import { edgeErrors } from './errors.ts'
import type { Principal } from './exchange.ts'
import { type Bench, type Verdict, judge } from './judge.ts'
import type { Limiter, Streams } from './limits.ts'
import { createNotices } from './notices.ts'
import type { Names } from './origin.ts'
import { allowOrigin, dressOwn, replyTo, sendError, sendJson } from './reply.ts'
import { followTrust } from './trust.ts'
import { isHandshake } from './websocket.ts'
import { endWorker } from './worker-end.ts'

/** What the edge is given. */
export interface EdgeParts {
  /** Asked for on every request; a new object means the configuration changed. */
  config: () => Config
  names: Names
  sessions: Sessions
  devices: Devices
  pairing: Pairing
  tickets: Tickets<Principal>
  limiter: Limiter
  streams: Streams
  connections: Connections
  /** Loads the control API on first use. */
  control: () => Promise<Control>
  health: () => Health
  log: Log
  audit: Audit
  clock: Clock
  /** Called when a source was blocked, for the `auth.blocked` event. */
  onBlocked?: (source: string) => void
}

/** Where every request passes. */
export interface Edge extends Doorkeeper {
  counts(): { webSockets: number; requests: number }
  /** Ends the connections to the upstream. */
  close(): Promise<void>
}

const BODY_TIMEOUT_MS = 10_000

/** The way of every request: judged (judge.ts), then answered here, by Control, or by the app. */
export function createEdge(parts: EdgeParts): Edge {
  const { config, connections, health, log } = parts
  const bench: Bench = {
    names: parts.names,
    sessions: parts.sessions,
    devices: parts.devices,
    pairing: parts.pairing,
    authenticator: createAuthenticator(parts),
    trusted: followTrust(() => config().gateway.trustedProxies),
    hasUpstream: () => config().gateway.upstream !== undefined,
    asksNobody: () => config().gateway.auth.mode === 'none',
  }
  const notices = createNotices(parts)
  const backend = createBackend(parts)
  const leaveDevices = parts.devices.follow({ ended: (id) => connections.endOf(`device:${id}`) })
  let control: Control | null = null
  let requests = 0

  function handle(req: IncomingMessage, res: ServerResponse, ingress: IngressId): void {
    requests++
    const ended = connections.begin(req.socket)
    if (ended) res.once('close', ended)
    try {
      const verdict = judge(bench, req, ingress, false)
      followDevice(verdict, req.socket, res)
      answer(verdict, req, res, ingress)
    } catch (error) {
      broken(error, req, res)
    }
  }

  function answer(verdict: Verdict, req: IncomingMessage, res: ServerResponse, ingress: IngressId): void {
    if (!admit(verdict, req, ingress)) return
    switch (verdict.to) {
      case 'health':
        return sendJson(res, 200, health())
      case 'refusal':
        return sendError(res, verdict.error, refusalHeaders(verdict))
      case 'preflight':
        return answerPreflight(res, verdict.origin)
      case 'sign-in':
        return askToSignIn(res)
      case 'worker-end':
        return endWorker(res)
      case 'control':
        return handToControl(verdict, req, res)
      case 'app':
        if (verdict.head.expectsContinue) res.writeContinue()
        return backend.pass(req, res, verdict)
    }
  }

  /** Tells the connection what its request has shown; false where the connection had to go. */
  function admit(verdict: Verdict, req: IncomingMessage, ingress: IngressId): boolean {
    notices.note(verdict, req, ingress)
    const judged = verdict.to === 'control' || verdict.to === 'app'
    const proven = judged && verdict.proof.principal.kind !== 'anonymous'
    return connections.judged(req.socket, { proven, proxied: verdict.forwarded?.proxied ?? false })
  }

  /** A device that is thrown out loses what it has open; until then it is remembered when it was last here. */
  function followDevice(verdict: Verdict, socket: Duplex, end: ServerResponse | Duplex): void {
    if (verdict.to !== 'control' && verdict.to !== 'app') return
    const { id, device } = verdict.proof.principal
    if (device === undefined) return
    end.once('close', connections.runFor(socket, id))
    const { client, ingress } = verdict.exchange
    parts.devices.seen({ id: device }, { ip: isIP(client) === 0 ? null : client, ingress })
  }

  function handToControl(verdict: Extract<Verdict, { to: 'control' }>, req: IncomingMessage, res: ServerResponse): void {
    const { exchange, head, url } = verdict
    dressOwn(res)
    // Only listed origins may read replies; whoever else got this far is of the same origin.
    if (exchange.origin !== null && parts.names.cors().has(exchange.origin)) allowOrigin(res, exchange.origin)
    if (head.hasBody && exchange.principal.kind === 'anonymous') boundBody(req, res)
    if (head.expectsContinue) res.writeContinue()
    req.url = url
    withControl(
      (ready) => ready.handle(req, res, exchange),
      (error) => broken(error, req, res),
    )
  }

  function upgrade(req: IncomingMessage, socket: Duplex, early: Buffer, ingress: IngressId): void {
    requests++
    const ended = connections.begin(socket)
    if (ended) socket.once('close', ended)
    // A connection that is reset is closed by Node; the reset as such is nothing to report.
    socket.on('error', () => socket.destroy())
    const refuse = (error: Parameters<typeof sendError>[1], headers = {}): void => sendError(replyTo(req, socket), error, headers)
    try {
      const verdict = judge(bench, req, ingress, true)
      followDevice(verdict, socket, socket)
      if (!admit(verdict, req, ingress)) return
      if (verdict.to === 'refusal') return refuse(verdict.error, refusalHeaders(verdict))
      if ((verdict.to !== 'control' && verdict.to !== 'app') || !isHandshake(req, verdict.head)) return refuse(edgeErrors.UPGRADE_INVALID())
      if (verdict.to === 'app') return backend.passWebSocket(req, socket, early, verdict)
      req.url = verdict.url
      withControl(
        (ready) => ready.upgrade(req, socket, early, verdict.exchange),
        (error) => broken(error, req, replyTo(req, socket)),
      )
    } catch (error) {
      broken(error, req, replyTo(req, socket))
    }
  }

  function withControl(use: (control: Control) => void, failed: (error: unknown) => void): void {
    if (control) return use(control)
    parts
      .control()
      .then((ready) => {
        control = ready
        use(ready)
      })
      .catch(failed)
  }

  /** Something that nobody foresaw is said to the client without its text, and to the log with it. */
  function broken(error: unknown, req: IncomingMessage, res: ServerResponse): void {
    if (error instanceof XopcError && !res.headersSent) return sendError(res, error)
    log.error('a request broke the edge', { method: req.method, error: error instanceof Error ? error.stack : String(error) })
    if (res.headersSent) res.destroy()
    else sendError(res, gatewayErrors.INTERNAL())
  }

  return {
    handle,
    upgrade,
    counts: () => ({ webSockets: backend.webSockets(), requests }),
    async close() {
      leaveDevices()
      await backend.close()
    },
  }
}

/** Who has proven nothing has 10 s for a body, answered early or not, so that slow ones cannot pile up. */
function boundBody(req: IncomingMessage, res: ServerResponse): void {
  const timer = setTimeout(() => {
    if (req.complete) return
    if (res.headersSent) req.socket.destroy()
    else sendError(res, edgeErrors.BODY_TOO_SLOW())
  }, BODY_TIMEOUT_MS)
  timer.unref()
  req.once('end', () => clearTimeout(timer))
}

function refusalHeaders({ error, proof }: Extract<Verdict, { to: 'refusal' }>): Record<string, string> {
  if (error.code === 'auth_blocked') return { 'Retry-After': String(Math.ceil((proof?.retryAfterMs ?? 0) / 1000)) }
  return error.http === 401 ? { 'WWW-Authenticate': 'Bearer realm="xopc"' } : {}
}

function askToSignIn(res: ServerResponse): void {
  dressOwn(res)
  res.writeHead(303, { Location: '/xopc/', 'Content-Length': '0' })
  res.end()
}

function answerPreflight(res: ServerResponse, origin: string): void {
  dressOwn(res)
  allowOrigin(res, origin)
  res.writeHead(204, {
    'Access-Control-Allow-Methods': 'GET, HEAD, POST, PATCH, DELETE',
    'Access-Control-Allow-Headers': 'Authorization, Content-Type, If-Match, Last-Event-ID, X-Api-Key, X-Xopc-Token',
    'Access-Control-Max-Age': '600',
  })
  res.end()
}
