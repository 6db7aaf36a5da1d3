import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Clock } from '../system/clock.ts'
import { createEntrance, type Entrance, LINK_MS } from './entrance.ts'
import { localUiErrors } from './errors.ts'
import { refusalOf } from './guard.ts'
import { type Page, pageAt } from './page.ts'
import { type Ask, createPassage, type Passage } from './passage.ts'
import { send, sendError, sendJson } from './reply.ts'
import { codeIn } from './session-body.ts'

/** A settings page for one tab of this computer's browser. */
export interface LocalUi {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string
  readonly port: number
  /** The same with the code: works once, for 60 s. */
  readonly link: string
  /** Resolves when the link is worth nothing any more: it was used, or its time is over. */
  readonly over: Promise<void>
  /** Ends every stream and the server; the key is worth nothing any more. */
  close(): Promise<void>
}

/** What the server stands on. */
export interface LocalUiParts {
  /** How requests reach the gateway. */
  ask: Ask
  /** 0: a free one. */
  port: number
  page: Page
  clock: Clock
}

const SESSION = '/xopc/ui/session'
const HOST = '127.0.0.1'

/** Serves the page on loopback and passes what its tab asks to the gateway. Throws `UI_PORT_TAKEN`. */
export async function openLocalUi({ ask, port, page, clock }: LocalUiParts): Promise<LocalUi> {
  const entrance = createEntrance(clock)
  const passage = createPassage(ask)
  const over = Promise.withResolvers<void>()
  const closing = new AbortController()
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 60_000, connectionsCheckingInterval: 1_000 })
  const authority = `${HOST}:${await listening(server, port)}`
  const house: House = { authority, page, entrance, passage, entered: over.resolve }
  // Rejects only where it is closed first, and then nobody waits for it.
  clock.sleep(LINK_MS, closing.signal).then(over.resolve, over.resolve)
  server.on('request', (req, res) => {
    answer(req, res, house).catch(() => res.destroy())
  })
  return {
    url: `http://${authority}`,
    port: Number(authority.slice(HOST.length + 1)),
    link: `http://${authority}/#code=${entrance.code}`,
    over: over.promise,
    async close() {
      closing.abort()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      passage.close()
      await closed
    },
  }
}

interface House {
  authority: string
  page: Page
  entrance: Entrance
  passage: Passage
  entered(): void
}

/** Rejects where the connection broke off in the middle of a request: nobody is left to be told. */
async function answer(req: IncomingMessage, res: ServerResponse, house: House): Promise<void> {
  const { method = '', headers, headersDistinct } = req
  const refusal = refusalOf({ method, hosts: headersDistinct['host'] ?? [], origin: headers.origin }, house.authority)
  if (refusal !== null) return sendError(res, refusal)
  const [path = ''] = (req.url ?? '').split('?', 1)
  if (path === SESSION && method === 'POST') return await openSession(req, res, house)
  if (path.startsWith('/xopc/api/') || path === '/health') return await passOn(req, res, house)
  const found = method === 'GET' || method === 'HEAD' ? pageAt(house.page, path) : null
  if (found === null) return sendError(res, localUiErrors.UI_NOT_FOUND())
  send(res, { status: 200, ...found })
}

async function openSession(req: IncomingMessage, res: ServerResponse, { entrance, entered }: House): Promise<void> {
  const code = await codeIn(req)
  const key = code === null ? null : entrance.enter(code)
  if (key === null) return sendError(res, localUiErrors.UI_LINK_INVALID())
  entered()
  sendJson(res, 200, { key })
}

async function passOn(req: IncomingMessage, res: ServerResponse, { entrance, passage }: House): Promise<void> {
  const key = req.headers['x-xopc-token']
  if (typeof key !== 'string' || !entrance.admits(key)) return sendError(res, localUiErrors.UI_KEY_MISSING())
  await passage.pass(req, res)
}

/** The port that it listens on. Throws `UI_PORT_TAKEN`. */
async function listening(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = reasons[error.code ?? ''] ?? error.message
      reject(localUiErrors.UI_PORT_TAKEN({ port, reason }, { cause: error }))
    })
    server.listen({ host: HOST, port, exclusive: true }, resolve)
  })
  const at = server.address()
  return typeof at === 'object' && at !== null ? at.port : port
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'this user may not use it',
}
