import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../../config/schema.ts'
import type { XopcError } from '../../errors/error.ts'
import type { Exchange } from '../edge/exchange.ts'
import { gatewayErrors } from '../errors.ts'
import { consoleFile, CONSOLE_POLICY, type ConsoleView } from './console.ts'
import type { ControlContext } from './context.ts'
import { asXopcError, refusalOf } from './render.ts'
import { methodsAt } from './routes/table.ts'

/** Answers with what was thrown. `malformed`: the request did not have the form that the route reads. */
export function answerError(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  { log }: Pick<ControlContext, 'log'>,
): { malformed: boolean } {
  const error = asXopcError(thrown, pathOf(request), log)
  if (reply.raw.headersSent) {
    // A stream broke off after it had begun: there is no reply left to give.
    reply.raw.destroy()
    return { malformed: false }
  }
  // What follows of the request is not read, so the connection cannot serve another one.
  if (!request.raw.complete) void reply.header('connection', 'close')
  refuse(reply, error)
  return { malformed: [400, 413, 415].includes(error.http) }
}

/** What is no route: a file of the console, another method than the path knows, or nothing. */
export function answerRest(
  request: FastifyRequest,
  reply: FastifyReply,
  exchange: Exchange,
  { config }: Pick<ControlContext, 'config'>,
): void {
  const path = pathOf(request)
  const file = ['GET', 'HEAD'].includes(request.method) ? consoleFile(path, viewFor(exchange, config.current())) : null
  if (file !== null) return void reply.header('content-security-policy', CONSOLE_POLICY).type(file.type).send(file.text)
  const allowed = methodsAt(path).join(', ')
  if (allowed === '') return refuse(reply, gatewayErrors.NOT_FOUND({ path }))
  refuse(reply.header('allow', allowed), gatewayErrors.METHOD_NOT_ALLOWED({ path, method: request.method, allowed }))
}

/** A page that asked the API to find out would leave a refusal in the browser's console for every person who is not signed in yet. */
function viewFor({ knownHost, principal }: Exchange, { gateway }: Config): ConsoleView {
  if (knownHost && principal.kind === 'sso') return 'overview'
  if (gateway.auth.mode === 'trusted-proxy') return gateway.auth.mode
  if (gateway.upstream !== undefined) return 'upstream'
  return knownHost && principal.scopes.has('read') ? 'overview' : gateway.auth.mode
}

function refuse(reply: FastifyReply, error: XopcError): void {
  const { status, body, headers } = refusalOf(error)
  void reply.code(status).headers(headers).send(body)
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '/'
}
