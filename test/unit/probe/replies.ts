import { headerLines, type Reply } from '../../../src/lib/probe/reply.ts'

/** A reply by hand: status, headers and body. */
export function reply(status: number, headers: Record<string, string> = {}, body = ''): Reply {
  return { status, headers: headerLines(Object.entries(headers).flat()), body, ms: 1 }
}

/** A reply of a gateway that is an error with this code. */
export function refusalOf(status: number, code: string): Reply {
  return reply(status, { 'Content-Type': 'application/json; charset=utf-8', 'X-Xopc-Api': '1' }, JSON.stringify({ error: 'no', code }))
}

/** A reply in JSON. */
export function json(status: number, value: unknown, headers: Record<string, string> = {}): Reply {
  return reply(status, { 'Content-Type': 'application/json', ...headers }, JSON.stringify(value))
}
