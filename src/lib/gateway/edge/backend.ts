import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Config } from '../../config/schema.ts'
import type { Log } from '../../system/log.ts'
import type { Proof } from './auth.ts'
import type { Exchange } from './exchange.ts'
import type { Head } from './head.ts'
import type { Streams } from './limits.ts'
import { identityHeaders } from './proxy-identity.ts'
import { replyTo, sendError } from './reply.ts'
import type { Passage, Upstream } from './upstream.ts'
import { upstreamError } from './upstream-errors.ts'
import { type UpstreamTarget, upstreamTarget } from './upstream-target.ts'
import { passWebSocket } from './websocket.ts'

/** A request that may go to the app. */
interface Admitted {
  exchange: Exchange
  head: Head
  proof: Proof
}

/** The app behind the gateway, wherever `gateway.upstream.url` says it is now. */
export interface Backend {
  pass(req: IncomingMessage, res: ServerResponse, admitted: Admitted): void
  passWebSocket(req: IncomingMessage, socket: Duplex, early: Buffer, admitted: Admitted): void
  webSockets(): number
  close(): Promise<void>
}

interface Line {
  url: string
  target: UpstreamTarget
  upstream: Upstream | null
  loading: Promise<Upstream>
}

/** Follows `gateway.upstream.url`: what runs towards the old app ends there. undici is loaded with the first app. */
export function createBackend(given: { config: () => Config; streams: Streams; log: Log }): Backend {
  const { config, streams, log } = given
  let line: Line | null = null
  let webSockets = 0
  let seen: Config | null = null
  let identity: ReadonlySet<string> | null = null

  function current(): Line {
    return line?.url === config().gateway.upstream?.url && line ? line : connectLine()
  }

  function connectLine(): Line {
    const url = config().gateway.upstream?.url ?? ''
    const target = upstreamTarget(url)
    const maxStreams = (): number => config().gateway.maxSseConnections
    const loading = import('./upstream.ts').then(({ createUpstream }) => createUpstream({ target, streams, maxStreams }))
    const next: Line = { url, target, upstream: null, loading }
    loading.then(
      (ready) => (next.upstream = ready),
      (error: unknown) => log.error('the way to the app could not be opened', { error: String(error) }),
    )
    line?.loading
      .then((old) => old.close())
      .catch((error: unknown) => log.warn('the old way to the app did not close', { error: String(error) }))
    line = next
    return next
  }

  // Loaded before the first request needs it, but not before the gateway listens.
  if (config().gateway.upstream) setImmediate(current)

  function passageOf({ exchange, head, proof }: Admitted, { basic }: UpstreamTarget): Passage {
    if (seen !== config()) {
      seen = config()
      identity = identityHeaders(seen)
    }
    return { exchange, head, travel: { bearer: proof.bearerTravels, apiKey: proof.apiKeyTravels, basic, identity } }
  }

  return {
    pass(req, res, admitted) {
      const { target, upstream, loading } = current()
      const passage = passageOf(admitted, target)
      if (upstream) return upstream.pass(req, res, passage)
      loading
        .then((ready) => ready.pass(req, res, passage))
        .catch((error: unknown) => sendError(res, upstreamError(asError(error), target.shown)))
    },
    passWebSocket(req, socket, early, admitted) {
      const { target } = current()
      try {
        passWebSocket(
          { req, socket, early, passage: passageOf(admitted, target), target },
          { opened: () => webSockets++, closed: () => webSockets-- },
        )
      } catch (error) {
        sendError(replyTo(req, socket), upstreamError(asError(error), target.shown))
      }
    },
    webSockets: () => webSockets,
    async close() {
      await line?.loading.then((upstream) => upstream.close())
    },
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
