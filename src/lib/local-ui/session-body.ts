import type { IncomingMessage } from 'node:http'

/** A code is far shorter. */
const MOST_BYTES = 1024

/** The code in the body of an exchange; null where it is not such a body. Rejects where the connection broke off. */
export async function codeIn(req: IncomingMessage): Promise<string | null> {
  // A form of a page elsewhere can send every other type without asking first.
  if (!/^application\/json\b/i.test(req.headers['content-type'] ?? '')) return null
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req) {
    // `as`: nobody has set an encoding, so it is bytes.
    chunks.push(chunk as Buffer)
    size += (chunk as Buffer).length
    if (size > MOST_BYTES) return null
  }
  const body = parsed(Buffer.concat(chunks).toString('utf8'))
  return typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string' ? body.code : null
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // What is not JSON holds no code.
    return null
  }
}
