/** Header lines by lower-case name, as they came. */
export type HeaderLines = ReadonlyMap<string, readonly string[]>

/** An answer over HTTP. Its body is for judging only: nothing of it is ever shown, logged or kept. */
export interface Reply {
  readonly status: number
  readonly headers: HeaderLines
  readonly body: string
  /** Milliseconds from a ready connection to the last byte that was read. */
  readonly ms: number
}

/** Reads node's list of names and values. */
export function headerLines(raw: readonly string[]): HeaderLines {
  const lines = new Map<string, string[]>()
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase()
    lines.set(name, [...(lines.get(name) ?? []), raw[index + 1] ?? ''])
  }
  return lines
}

/** The first line of a header; empty where it is absent. */
export function header(headers: HeaderLines, name: string): string {
  return headers.get(name)?.[0] ?? ''
}

/** The body as JSON; undefined where it is none, or did not come as JSON. */
export function jsonOf({ headers, body }: Reply): unknown {
  if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(header(headers, 'content-type'))) return undefined
  try {
    return JSON.parse(body)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Whether the reply bears the mark of every reply of a gateway; a proxy may hide it. */
export function isMarked({ headers }: Reply): boolean {
  return headers.has('x-xopc-api')
}

/** The errors of a gateway that a test can meet. What is none of them is body of a stranger, and that is never shown. */
const codes = new Set(
  [
    'missing_token invalid_token auth_unconfigured auth_blocked invalid_proxy_credentials AUTH_NONE_LOCAL_ONLY SCOPE_MISSING',
    'UNKNOWN_HOST HOST_INVALID TARGET_INVALID FORWARDED_INVALID FOREIGN_ORIGIN NOT_MY_ORIGIN ORIGIN_INVALID RATE_LIMITED',
    'UPGRADE_REQUIRED UPGRADE_INVALID TOO_MANY_STREAMS NOT_FOUND METHOD_NOT_ALLOWED BODY_INVALID BODY_NOT_JSON',
    'GATEWAY_STOPPING PROGRAM_REPLACED INTERNAL',
  ].flatMap((line) => line.split(' ')),
)

/** The code of an error in the form that gateways give, if it is one of theirs; null for every other answer. */
export function codeIn(reply: Reply): string | null {
  const json = jsonOf(reply)
  const code: unknown = typeof json === 'object' && json !== null && 'error' in json && 'code' in json ? json.code : null
  return typeof code === 'string' && codes.has(code) ? code : null
}

/** What kind of thing came, in words. */
export function kindOf({ headers, body }: Reply): string {
  const type = header(headers, 'content-type')
  if (body.trim() === '') return 'an empty page'
  if (/html/i.test(type) || /^\s*<(!doctype html|html)/i.test(body)) return 'a web page'
  return /json/i.test(type) ? 'JSON of another kind' : 'something else'
}
