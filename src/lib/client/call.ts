import { XopcError } from '../errors/error.ts'
import { isRecord } from '../protocol/fields.ts'
import { API_LEVEL } from '../protocol/http-api.ts'
import { cleanText } from '../protocol/outside-text.ts'
import { API_PREFIX, type Route } from '../protocol/routes.ts'
import { clientErrors } from './errors.ts'
import type { TransportReply, TransportRequest } from './transport.ts'

/** Of a sentence from the other end, in characters. */
const LONGEST = 2000

/** The values of one call on a route. */
export interface CallValues {
  /** Stands for `:id`. */
  id?: string
  /** Entries without a value are left out. */
  query?: Readonly<Record<string, string | undefined>>
  body?: unknown
  headers?: Readonly<Record<string, string>>
  signal?: AbortSignal
  timeoutMs?: number
}

/** A call on a route as a request. Throws nothing. */
export function requestOf(route: Route, { id = '', query = {}, ...rest }: CallValues): TransportRequest {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const search = given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`
  const prefix = route.path.startsWith('/api/') ? API_PREFIX : ''
  return { method: route.method, path: `${prefix}${route.path.replace(':id', encodeURIComponent(id))}${search}`, ...rest }
}

/** The body of a good reply, where it has the given fields (`[]`: a list). Throws what the gateway answered, `NOT_XOPC_GATEWAY`, `GATEWAY_VERSION_SKEW`. */
export async function bodyOf(reply: TransportReply, fields: readonly string[]): Promise<unknown> {
  const body = await readJson(reply)
  if (reply.status >= 400) throw refusalOf(reply, body)
  const has = fields.length === 0 ? Array.isArray(body) : isRecord(body) && fields.every((field) => field in body)
  if (reply.status >= 200 && reply.status < 300 && has) return body
  throw strange(
    reply,
    body === undefined ? `status ${reply.status} without JSON` : `status ${reply.status} with other fields than expected`,
  )
}

/** Throws where a reply is not good; what it says otherwise does not matter. Throws as `bodyOf` does. */
export async function requireDone(reply: TransportReply): Promise<void> {
  const body = await readJson(reply)
  if (reply.status >= 400) throw refusalOf(reply, body)
  if (reply.status < 200 || reply.status >= 300) throw strange(reply, `status ${reply.status}`)
}

/** Throws where a reply is no event stream; otherwise its body stays unread. Throws as `bodyOf` does. */
export async function requireStream(reply: TransportReply): Promise<void> {
  const type = reply.headers('content-type') ?? 'no content type'
  if (reply.status === 200 && type.startsWith('text/event-stream')) return
  if (reply.status >= 400) throw refusalOf(reply, await readJson(reply))
  throw strange(reply, `status ${reply.status} without an event stream`)
}

/** Undefined where the body is not JSON; what kept it from being read is thrown. */
async function readJson(reply: TransportReply): Promise<unknown> {
  try {
    return await reply.json()
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** An error reply (`{error, code, hint, docs, problems}`) as the error it was. */
function refusalOf(reply: TransportReply, body: unknown): XopcError {
  if (!isRecord(body) || typeof body['error'] !== 'string' || typeof body['code'] !== 'string')
    return strange(reply, `status ${reply.status}`)
  const { error: message, code, hint, problems } = body
  // Codes are words of the catalogue; whoever sends anything else is no gateway.
  if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(code)) return strange(reply, `status ${reply.status}`)
  // A route that the other version does not have; the same level means that the thing itself was not found.
  if (code === 'NOT_FOUND' && isSkewed(reply)) return skew(reply)
  const told = typeof hint === 'string' ? { hint: cleanText(hint, LONGEST) } : {}
  const refusal = new XopcError({ code, message: cleanText(message, LONGEST), ...told }, { http: reply.status, exit: exitOf(reply.status) })
  return Array.isArray(problems) ? Object.assign(refusal, { problems: problems as unknown[] }) : refusal
}

/** 422 is said of the configuration alone. */
function exitOf(status: number): 1 | 3 | 70 {
  return status === 500 ? 70 : status === 422 ? 3 : 1
}

function strange(reply: TransportReply, detail: string): XopcError {
  return isSkewed(reply) ? skew(reply) : clientErrors.NOT_XOPC_GATEWAY({ detail })
}

function isSkewed(reply: TransportReply): boolean {
  const level = reply.headers('x-xopc-api')
  return level !== null && level !== String(API_LEVEL)
}

function skew(reply: TransportReply): XopcError {
  // The header is a stranger's text: only what can be a level is shown.
  const theirs = /^\d{1,6}$/.exec(reply.headers('x-xopc-api') ?? '')?.[0] ?? 'unknown'
  return clientErrors.GATEWAY_VERSION_SKEW({ theirs, ours: API_LEVEL })
}
