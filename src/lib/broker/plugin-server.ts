import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { Log } from '../system/log.ts'
import { jsonBody, send } from './body.ts'
import { isOwn } from './client-address.ts'
import { listenAt } from './listen.ts'
import { accepted, type Verdict } from './plugin.ts'
import type { Reply } from './refusal.ts'

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

/** Longer than the 90 s for which frps keeps a connection: a ping on one that we close would be lost, and its tunnel with it. Milliseconds. */
const KEPT_MS = 120_000
/** The answer to every ping that is good, byte for byte. */
const YES = Buffer.from(JSON.stringify(accepted))
const YES_HEAD = { 'content-type': 'application/json', 'content-length': YES.length }

/** Listens on loopback for what frps wants to know. Throws `BROKER_PORT_TAKEN`. */
export async function openPluginServer({ port, path, log, judge }: PluginServerOptions): Promise<PluginServer> {
  const server = createServer({ headersTimeout: 5000, requestTimeout: 10_000, keepAliveTimeout: KEPT_MS }, (req, res) => {
    answer(req).then(
      (reply) => ('reject' in reply ? void res.writeHead(200, YES_HEAD).end(YES) : send(res, reply)),
      (error: unknown) => {
        log.error('a question of frps was not answered', { error })
        // Anything but a 200 makes frps refuse.
        res.destroy()
      },
    )
  })

  async function answer(req: IncomingMessage): Promise<Reply | typeof accepted> {
    const [pathname = '', query = ''] = (req.url ?? '').split('?', 2)
    if (!isOwn(req) || req.method !== 'POST' || !isSame(pathname, path)) {
      log.warn('a question that did not come from frps was refused', { from: req.socket.remoteAddress, method: req.method })
      return { status: 404, body: 'There is nothing here.\n' }
    }
    const body = await jsonBody(req, MOST)
    const question = typeof body === 'string' ? null : questionIn(body.json, /(?:^|&)op=(\w+)(?:&|$)/.exec(query)?.[1])
    if (question === null) return { status: 400, body: 'That is no question of frps.\n' }
    const verdict = await judge(question.op, question.content)
    if (!verdict.reject) return accepted
    log.info('frps was told to refuse', { op: question.op, reason: verdict.reject_reason })
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
function questionIn(json: unknown, asked: string | undefined): { op: string; content: Record<string, unknown> } | null {
  if (typeof json !== 'object' || json === null || !('op' in json) || !('content' in json)) return null
  const { op, content } = json
  if (typeof op !== 'string' || op !== asked || typeof content !== 'object' || content === null) return null
  return { op, content: { ...content } }
}

function isSame(given: string, path: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(path)]
  return a.length === b.length && timingSafeEqual(a, b)
}
