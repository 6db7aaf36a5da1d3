import { createServer, type IncomingMessage } from 'node:http'
import type { Log } from '../system/log.ts'
import { send } from './body.ts'
import { listenAt } from './listen.ts'
import { refuse, type Reply, replyOf } from './refusal.ts'

/** The port of the API. */
export interface ApiServer {
  readonly port: number
  close(): Promise<void>
}

/** Where it listens and who answers; null for a path that is not there. */
export interface ApiServerOptions {
  host: string
  port: number
  log: Log
  answer(req: IncomingMessage, path: string): Promise<Reply | null>
}

/** Opens it. Throws `BROKER_PORT_TAKEN`. */
export async function openApiServer({ host, port, log, answer }: ApiServerOptions): Promise<ApiServer> {
  const server = createServer({
    headersTimeout: 10_000,
    requestTimeout: 15_000,
    keepAliveTimeout: 65_000,
    maxHeaderSize: 8192,
    connectionsCheckingInterval: 2000,
  })
  server.maxConnections = 20_000
  server.on('request', (req, res) => {
    const [path = ''] = (req.url ?? '').split('?', 1)
    answer(req, path).then(
      (reply) => {
        // Who sends more than is read must not keep the connection.
        if (!req.complete) res.setHeader('connection', 'close')
        send(res, reply ?? replyOf(refuse('NOT_FOUND', 'There is nothing here.')))
      },
      (error: unknown) => {
        if (req.destroyed && !req.complete) return void res.destroy()
        log.error('a request could not be answered', { path, error })
        send(res, replyOf(refuse('UNAVAILABLE', 'The broker could not do that. Its log has the reason.')))
      },
    )
  })
  const actual = await listenAt(server, host, port)
  return {
    port: actual,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
