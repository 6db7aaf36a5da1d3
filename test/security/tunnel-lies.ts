import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type RequestOptions, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { DEV_SECRET, SECRET_HEADER } from '../../src/lib/protocol/broker-api.ts'
import { atEnd } from '../support/cleanup.ts'

/** What a broker answered: a status, and what its JSON held. */
export interface Said {
  status: number
  body: unknown
}

/** What a gateway asked a broker. */
export interface Asked {
  /** `POST /api/tunnels/register`. */
  line: string
  headers: IncomingHttpHeaders
  body: string
}

/** Says something else than the broker did, knowing what the gateway asked. */
export type Lie = (truth: Said, asked: Asked) => Said

/** A broker that lies as it is told: a real one, with somebody before its API. */
export interface LyingBroker {
  /** Base of the API. */
  readonly url: string
  /** Everything that it was asked, the newest last. */
  readonly asked: readonly Asked[]
  /** From now on it lies to questions that look like that; null: the truth again. */
  lie(question: RegExp, lie: Lie | null): void
}

/** The questions of a gateway, as `Asked.line`. */
export const questions = {
  discovery: /^GET \/\.well-known\/tunnel-config$/,
  register: /^POST \/api\/tunnels\/register$/,
  heartbeat: /^POST \/api\/tunnels\/[\w-]+\/heartbeat$/,
  release: /^DELETE \/api\/tunnels\/[\w-]+$/,
} as const

/** Starts it before the API of a real broker for trying; it ends after the last test of the file. With `secret` it asks for that one, and hands on the one that the real broker knows. */
export async function startLyingBroker(brokerUrl: string, { secret }: { secret?: string } = {}): Promise<LyingBroker> {
  const lies = new Map<RegExp, Lie>()
  const asked: Asked[] = []
  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const question = { line: `${req.method} ${req.url}`, headers: req.headers, body: await text(req) }
    asked.push(question)
    const known = secret !== undefined && req.headers[SECRET_HEADER] === secret ? { [SECRET_HEADER]: DEV_SECRET } : {}
    const truth = await passOn(brokerUrl, { method: req.method, path: req.url, headers: { ...req.headers, ...known } }, question.body)
    const lie = [...lies].find(([like]) => like.test(question.line))?.[1]
    const { status, body } = lie === undefined ? truth : lie(truth, question)
    res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  const server = createServer((req, res) => void answer(req, res).catch(() => res.destroy())).listen(0, '127.0.0.1')
  await once(server, 'listening')
  atEnd(async () => {
    server.closeAllConnections()
    server.close()
  })
  // `as`: it listens on TCP.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/api`,
    asked,
    lie: (question, lie) => void (lie === null ? lies.delete(question) : lies.set(question, lie)),
  }
}

/** Asks the real broker, by the authority that it was asked by, as a proxy of its own would. */
async function passOn(brokerUrl: string, asked: Pick<RequestOptions, 'method' | 'path' | 'headers'>, body: string): Promise<Said> {
  const { hostname, port } = new URL(brokerUrl)
  const onward = request({ host: hostname, port, ...asked, agent: false }).end(body)
  const [answer]: [IncomingMessage] = (await once(onward, 'response')) as [IncomingMessage]
  const said = await text(answer)
  return { status: answer.statusCode ?? 502, body: said === '' ? {} : JSON.parse(said) }
}
