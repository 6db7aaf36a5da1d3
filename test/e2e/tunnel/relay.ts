import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { atEnd } from '../../support/cleanup.ts'

/** What is said in place of the broker: a status with a body, or nothing at all. */
export type Override = { status: number; body?: unknown } | 'silence'

/** A relay before a broker's API that can say something else than the broker does. */
export interface BrokerRelay {
  /** Base of the API through it. */
  readonly url: string
  /** Method and path of what was asked, the newest last. */
  readonly asked: readonly string[]
  /** From now on questions that look like that (`POST /api/tunnels/…/heartbeat`) are answered so; null: by the broker again. */
  answer(question: RegExp, override: Override | null): void
}

/** Starts it on loopback; it ends after the last test of the file. The broker sees the authority that was asked for, as behind a proxy of its own. */
export async function startBrokerRelay(brokerUrl: string): Promise<BrokerRelay> {
  const { hostname, port } = new URL(brokerUrl)
  const overrides = new Map<string, { question: RegExp; override: Override }>()
  const asked: string[] = []
  const server = createServer((req: IncomingMessage, res: ServerResponse) => {
    const line = `${req.method} ${req.url}`
    asked.push(line)
    const found = [...overrides.values()].find(({ question }) => question.test(line))
    if (found !== undefined) {
      req.resume()
      const { override } = found
      if (override === 'silence') return
      res.writeHead(override.status, { 'content-type': 'application/json' }).end(JSON.stringify(override.body ?? {}))
      return
    }
    const onward = request({ host: hostname, port, method: req.method, path: req.url, headers: req.headers }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(res)
    })
    onward.on('error', () => res.destroy())
    req.pipe(onward)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  atEnd(async () => {
    server.closeAllConnections()
    server.close()
  })
  // `as`: it listens on TCP.
  const { port: own } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${own}/api`,
    asked,
    answer(question, override) {
      if (override === null) overrides.delete(question.source)
      else overrides.set(question.source, { question, override })
    },
  }
}
