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

/** The code of an error in the form that gateways give; null for every other answer. Other services may use this form, so only a known code tells. */
export function codeIn(reply: Reply): string | null {
  const json = jsonOf(reply)
  const code: unknown = typeof json === 'object' && json !== null && 'error' in json && 'code' in json ? json.code : null
  return typeof code === 'string' && /^\w{1,60}$/.test(code) ? code : null
}

/** What kind of thing came, in words. */
export function kindOf({ headers, body }: Reply): string {
  const type = header(headers, 'content-type')
  if (body.trim() === '') return 'an empty page'
  if (/html/i.test(type) || /^\s*<(!doctype html|html)/i.test(body)) return 'a web page'
  return /json/i.test(type) ? 'JSON of another kind' : 'something else'
}
