import { Agent as HttpAgent, type IncomingMessage, request as overHttp } from 'node:http'
import { Agent as HttpsAgent, request as overHttps } from 'node:https'

/** What goes over one connection. */
export interface Line {
  send(method: string, path: string, options?: { body?: unknown; headers?: Record<string, string> }): Promise<IncomingMessage>
  close(): void
}

const PATIENCE_MS = 4000

/** One connection, so that the proof and what follows it go to the same end. */
export function openLine(url: string): Line {
  const secure = new URL(url).protocol === 'https:'
  const agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: 1 })
  return {
    send: async (method, path, { body, headers = {} } = {}) =>
      await new Promise((resolve, reject) => {
        const text = body === undefined ? null : JSON.stringify(body)
        const type: Record<string, string> = text === null ? {} : { 'content-type': 'application/json' }
        const sent = (secure ? overHttps : overHttp)(new URL(path, url), { agent, method, headers: { ...type, ...headers } }, resolve)
        const late = setTimeout(() => sent.destroy(new Error('no answer')), PATIENCE_MS)
        sent.once('response', () => clearTimeout(late))
        sent.once('error', (error) => (clearTimeout(late), reject(error)))
        sent.end(text ?? undefined)
      }),
    close: () => agent.destroy(),
  }
}

/** The body of a reply; as text where it is no JSON. */
export async function jsonOf(reply: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of reply.setEncoding('utf8')) text += String(chunk)
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Resolves when the stream is over, however it ends. */
export async function readEvents(reply: IncomingMessage, tell: (type: string, id: string | null) => void): Promise<void> {
  let rest = ''
  reply.setEncoding('utf8').on('data', (chunk: string) => {
    const blocks = (rest + chunk).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const type = /^event: (.*)$/m.exec(block)?.[1]
      if (type !== undefined) tell(type, /^id: (.*)$/m.exec(block)?.[1] ?? null)
    }
  })
  await new Promise<void>((resolve) => {
    reply.once('close', resolve)
    // Said by `close` as well.
    reply.on('error', () => {})
  })
}

/** Whether something has fields. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
