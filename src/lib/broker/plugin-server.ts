import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { Log } from '../system/log.ts'
import { jsonBody, send } from './body.ts'
import { isOwn } from './client-address.ts'
import { listenAt } from './listen.ts'
import type { Verdict } from './plugin.ts'

/** Where frps asks. */
export interface PluginServer {
  readonly port: number
  close(): Promise<void>
}

/** Who listens, and who decides. */
export interface PluginServerOptions {
  port: number
  /** Known to frps alone. */
  path: string
  log: Log
  judge(op: string, content: Readonly<Record<string, unknown>>): Promise<Verdict>
}

/** Metadata and headers of a gateway's wish are in it, too. Bytes. */
const MOST = 64 * 1024

/** Listens on loopback for what frps wants to know. Throws `BROKER_PORT_TAKEN`. */
export async function openPluginServer({ port, path, log, judge }: PluginServerOptions): Promise<PluginServer> {
  const server = createServer({ headersTimeout: 5000, requestTimeout: 10_000, keepAliveTimeout: 60_000 }, (req, res) => {
    answer(req).then(
      (reply) => send(res, reply),
      (error: unknown) => {
        log.error('a question of frps was not answered', { error })
        // Anything but a 200 makes frps refuse.
        res.destroy()
      },
    )
  })

  async function answer(req: IncomingMessage) {
    const url = new URL(req.url ?? '', 'http://127.0.0.1')
    if (!isOwn(req) || req.method !== 'POST' || !isSame(url.pathname, path)) {
      log.warn('a question that did not come from frps was refused', { from: req.socket.remoteAddress, method: req.method })
      return { status: 404, body: 'There is nothing here.\n' }
    }
    const body = await jsonBody(req, MOST)
    const question = typeof body === 'string' ? null : questionIn(body.json, url.searchParams.get('op'))
    if (question === null) return { status: 400, body: 'That is no question of frps.\n' }
    const verdict = await judge(question.op, question.content)
    if (verdict.reject) log.info('frps was told to refuse', { op: question.op, reason: verdict.reject_reason })
    return { status: 200, body: verdict }
  }

  const actual = await listenAt(server, '127.0.0.1', port)
  return {
    port: actual,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

/** The operation stands in the body and in the address; they have to agree. */
function questionIn(json: unknown, asked: string | null): { op: string; content: Record<string, unknown> } | null {
  if (typeof json !== 'object' || json === null || !('op' in json) || !('content' in json)) return null
  const { op, content } = json
  if (typeof op !== 'string' || op !== asked || typeof content !== 'object' || content === null) return null
  return { op, content: { ...content } }
}

function isSame(given: string, path: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(path)]
  return a.length === b.length && timingSafeEqual(a, b)
}
