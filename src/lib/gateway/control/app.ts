import type { IncomingMessage, ServerResponse } from 'node:http'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import type { Control as ControlPort } from '../edge/control-port.ts'
import type { Exchange } from '../edge/exchange.ts'
import { within } from '../within.ts'
import { answerError, answerRest } from './answer.ts'
import { callOf } from './call.ts'
import type { ControlContext, ControlParts } from './context.ts'
import { createEcho, type Echo } from './echo.ts'
import { refusalAt } from './gate.ts'
import type { ControlRoute } from './route.ts'
import { controlRoutes } from './routes/table.ts'
import { countFailure } from './sign-in.ts'
import { createStreamHub, type Subscriber } from './streams.ts'

const BODY_LIMIT = 1024 * 1024
const FAREWELL_MS = 500

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The row of the table that this route was made from. */
    row?: ControlRoute
  }
}

/** The API and the console: what the edge hands its own paths to. */
export interface Control extends ControlPort {
  /** Open event streams that the edge does not count (those of the control socket), and WebSockets of our own routes. */
  counts(): { sse: number; webSockets: number }
  /** Ends event streams with `gateway.stopping` and WebSockets; resolves when every reply has gone out, or after half a second. */
  farewell(): Promise<void>
  close(): Promise<void>
}

/** Builds the control API; imported lazily because fastify is heavy. It has no listener: the edge hands it requests. */
export async function createControl(parts: ControlParts): Promise<Control> {
  const exchanges = new WeakMap<IncomingMessage, Exchange>()
  const context: ControlContext = { ...parts, hub: createStreamHub({ ...parts, alive: (subscriber) => isAlive(subscriber, parts) }) }
  const app = createApp(context, exchanges)
  const echo = createEcho()
  const open = new Set<ServerResponse>()
  for (const row of controlRoutes) register(app, row, context, exchanges)
  await app.ready()
  return {
    handle(request, response, exchange) {
      exchanges.set(request, exchange)
      open.add(response)
      response.once('close', () => open.delete(response))
      app.routing(request, response)
    },
    upgrade: (request, socket, head, exchange) => openEcho(echo, [request, socket, head, exchange], context),
    counts: () => ({ sse: context.hub.size('control'), webSockets: echo.size() }),
    async farewell() {
      context.hub.close()
      echo.close()
      const gone = [...open].map((response) => new Promise((resolve) => response.once('close', resolve)))
      await within(FAREWELL_MS, Promise.all(gone), context.clock)
    },
    async close() {
      context.hub.close()
      echo.close()
      await app.close()
    },
  }
}

function openEcho(echo: Echo, given: Parameters<Echo['upgrade']>, { log }: ControlContext): void {
  echo.upgrade(...given).catch((error: unknown) => {
    log.error('A WebSocket could not be opened', { error })
    given[1].destroy()
  })
}

function isAlive({ principal }: Subscriber, { sessions }: ControlParts): boolean {
  // A ticket carries the id of who asked for it, so its stream ends with that session, too.
  const session = principal.session ?? /^session:(.+)$/.exec(principal.id)?.[1]
  return session === undefined || sessions.originOf(session) !== null
}

function createApp(context: ControlContext, exchanges: WeakMap<IncomingMessage, Exchange>): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    exposeHeadRoutes: false,
    frameworkErrors: (error, request, reply) => answerError(error, request, reply, context),
  })
  readJsonOnly(app)
  denyByDefault(app)
  app.addHook('onRequest', (request, _reply, done) => {
    const { row } = request.routeOptions.config
    done(row === undefined ? undefined : (refusalAt(row, exchangeOf(request, exchanges)) ?? undefined))
  })
  app.setErrorHandler((error, request, reply) => {
    const { row } = request.routeOptions.config
    const refused = answerError(error, request, reply, context)
    if (row?.takesCredential === true && refused.malformed) countFailure(exchangeOf(request, exchanges), context)
  })
  app.setNotFoundHandler(async (request, reply) => {
    await answerRest(request, reply, exchangeOf(request, exchanges), context)
    return reply
  })
  return app
}

/** Forms and plain text are what a foreign page can send without asking first, so nothing but JSON is read. */
function readJsonOnly(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else void parse(request, body, done)
  })
}

/** A route that does not say who may use it is a mistake that must not get as far as a request. */
export function denyByDefault(app: FastifyInstance): void {
  app.addHook('onRoute', ({ url, config }) => {
    if (config?.row?.scope === undefined) throw new Error(`The route ${url} does not declare its scope`)
  })
}

function register(app: FastifyInstance, row: ControlRoute, context: ControlContext, exchanges: WeakMap<IncomingMessage, Exchange>): void {
  app.route({
    method: row.method,
    url: row.path,
    config: { row },
    handler: async (request, reply) => {
      const result = await row.handle(callOf(row, request, reply, exchangeOf(request, exchanges)), context)
      if (reply.sent) return reply
      return result === undefined ? reply.code(reply.statusCode === 200 ? 204 : reply.statusCode).send() : reply.send(result)
    },
  })
}

function exchangeOf(request: FastifyRequest, exchanges: WeakMap<IncomingMessage, Exchange>): Exchange {
  const exchange = exchanges.get(request.raw)
  if (exchange === undefined) throw new Error('A request came past the edge')
  return exchange
}
