import type { FastifyReply, FastifyRequest } from 'fastify'
import type { XopcError } from '../../errors/error.ts'
import type { Exchange } from '../edge/exchange.ts'
import { forgetBody } from '../edge/reply.ts'
import { gatewayErrors } from '../errors.ts'
import { answerPage } from './console.ts'
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
  if (!forgetBody(request.raw)) void reply.header('connection', 'close')
  refuse(reply, error)
  return { malformed: [400, 413, 415].includes(error.http) }
}

/** What is no route: the page or a file of it, another method than the path knows, or nothing. */
export async function answerRest(
  request: FastifyRequest,
  reply: FastifyReply,
  exchange: Exchange,
  context: Pick<ControlContext, 'config' | 'pairing' | 'signer'>,
): Promise<void> {
  if (['GET', 'HEAD'].includes(request.method) && (await answerPage(request, reply, exchange, context))) return
  const path = pathOf(request)
  const allowed = methodsAt(path).join(', ')
  if (allowed === '') return refuse(reply, gatewayErrors.NOT_FOUND({ path }))
  refuse(reply.header('allow', allowed), gatewayErrors.METHOD_NOT_ALLOWED({ path, method: request.method, allowed }))
}

function refuse(reply: FastifyReply, error: XopcError): void {
  const { status, body, headers } = refusalOf(error)
  void reply.code(status).headers(headers).send(body)
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '/'
}
