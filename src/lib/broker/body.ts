import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Reply } from './refusal.ts'

/** The body of a request as JSON; `large` past the bound (bytes), `broken` where it is no JSON. Rejects where the connection broke off. */
export async function jsonBody(req: IncomingMessage, most: number): Promise<{ json: unknown } | 'large' | 'broken'> {
  const bytes = await bodyOf(req, most)
  if (bytes === null) return 'large'
  try {
    const json: unknown = JSON.parse(bytes.toString('utf8'))
    return { json }
  } catch {
    return 'broken'
  }
}

/** Null where it is larger; the connection stays, so that whoever sends too much is told. By events, because every ping of every frpc comes by here. */
async function bodyOf(req: IncomingMessage, most: number): Promise<Buffer | null> {
  return await new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    let size = 0
    req.on('data', (piece: Buffer) => {
      size += piece.length
      if (size <= most) pieces.push(piece)
      else resolve(null)
    })
    req.once('end', () => resolve(Buffer.concat(pieces)))
    req.once('error', reject)
    req.once('close', () => reject(new Error('the connection broke off')))
  })
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
