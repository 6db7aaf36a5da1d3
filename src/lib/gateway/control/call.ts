import type { ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { cleanText } from '../../protocol/outside-text.ts'
import type { Exchange } from '../edge/exchange.ts'
import { gatewayErrors } from '../errors.ts'
import type { Call, ControlRoute } from './route.ts'

/** The request as the handler of this row sees it. Throws `BODY_INVALID` where body or query do not have the row's form. */
export function callOf(row: ControlRoute, request: FastifyRequest, reply: FastifyReply, exchange: Exchange): Call<unknown, unknown> {
  return {
    exchange,
    body: parsed(row.body, request.body),
    query: parsed(row.query, request.query),
    // Every path of the table has named parameters only, and fastify gives those as text.
    params: request.params as Record<string, string>,
    request: request.raw,
    // Made where it is asked for: most calls are over before anybody could go.
    get signal() {
      return goneSignal(reply.raw)
    },
    status: (code) => void reply.code(code),
    header: (name, value) => void reply.header(name, value),
    hijack: () => takeOver(reply),
  }
}

function parsed(schema: z.ZodType | undefined, value: unknown): unknown {
  const result = schema?.safeParse(value)
  if (result === undefined || result.success) return result?.data
  const [issue] = result.error.issues
  const place = issue?.path.map(String).join('.') ?? ''
  const detail = issue === undefined ? 'it is not valid' : place === '' ? issue.message : `${place}: ${issue.message}`
  throw gatewayErrors.BODY_INVALID({ detail: cleanText(detail, 200) }, { cause: result.error })
}

function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController()
  if (response.destroyed) gone.abort()
  response.once('close', () => gone.abort())
  return gone.signal
}

function takeOver(reply: FastifyReply): ServerResponse {
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(name, value)
  return reply.hijack().raw
}
