import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Reply } from './refusal.ts'

/** The body of a request as JSON; `large` past the bound (bytes), `broken` where it is no JSON. Rejects where the connection broke off. */
export async function jsonBody(req: IncomingMessage, most: number): Promise<{ json: unknown } | 'large' | 'broken'> {
  const pieces: Buffer[] = []
  let size = 0
  // Whoever sends too much is told: the connection has to last until then.
  for await (const piece of req.iterator({ destroyOnReturn: false })) {
    // `as`: without setEncoding every piece is a Buffer.
    const bytes = piece as Buffer
    size += bytes.length
    if (size > most) return 'large'
    pieces.push(bytes)
  }
  try {
    const json: unknown = JSON.parse(Buffer.concat(pieces).toString('utf8'))
    return { json }
  } catch {
    return 'broken'
  }
}

/** Sends a reply that nobody keeps. */
export function send(res: ServerResponse, { status, body, headers = {} }: Reply): void {
  const isText = typeof body === 'string'
  const bytes = Buffer.from(isText ? body : JSON.stringify(body))
  res.writeHead(status, {
    'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json',
    'content-length': bytes.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  })
  res.end(bytes)
}
