import { join } from 'node:path'
import { createServer, type IncomingMessage, request, type RequestOptions, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { type Config, type ConfigInput, configSchema } from '../../../src/lib/config/schema.ts'
import { openDevices } from '../../../src/lib/identity/devices.ts'
import { createPairing } from '../../../src/lib/identity/pairing.ts'
import { createSessions } from '../../../src/lib/identity/sessions.ts'
import { createTickets } from '../../../src/lib/identity/tickets.ts'
import { createConnections } from '../../../src/lib/gateway/edge/connections.ts'
import type { Control } from '../../../src/lib/gateway/edge/control-port.ts'
import { createEdge } from '../../../src/lib/gateway/edge/edge.ts'
import type { Exchange, Principal } from '../../../src/lib/gateway/edge/exchange.ts'
import { createIngresses } from '../../../src/lib/gateway/edge/ingress.ts'
import { createLimiter, createStreams } from '../../../src/lib/gateway/edge/limits.ts'
import { createNames } from '../../../src/lib/gateway/edge/origin.ts'
import { type Clock, systemClock } from '../../../src/lib/system/clock.ts'
import type { Log, LogFields } from '../../../src/lib/system/log.ts'
import { atEnd, tempFolder } from '../../support/cleanup.ts'
import { start } from '../../support/run.ts'

/** A generated token, as `xopc gateway` makes one. */
export const TOKEN = '0123456789abcdef'.repeat(3)

/** The fixture app in a process of its own, with the lines it prints. */
export async function startApp(...flags: string[]) {
  const child = start([process.execPath, 'test/fixtures/upstream.ts', ...flags], { timeoutMs: 120_000 })
  atEnd(async () => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<Record<string, unknown>> => {
    const { value, done } = await lines.next()
    if (done === true) throw new Error('the app ended')
    return JSON.parse(value) as Record<string, unknown>
  }
  return { url: String((await next())['url']), next, child }
}

/** What the edge handed to Control. */
export interface Handed {
  exchange: Exchange
  url: string
}

/** An edge on free ports with a Control that answers with what it was given. */
export async function startEdge(input: ConfigInput['gateway'] = {}, clock: Clock = systemClock) {
  let config: Config = configSchema.parse({ gateway: { auth: { mode: 'token', token: TOKEN }, ...input } })
  const lines: { level: string; message: string; fields?: LogFields | undefined }[] = []
  const write = (level: string) => (message: string, fields?: LogFields) => void lines.push({ level, message, fields })
  const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error'), child: () => log }
  const audits: { event: string; fields?: LogFields | undefined }[] = []
  const handed: Handed[] = []
  const control: Control = {
    handle(req, res, exchange) {
      handed.push({ exchange, url: req.url ?? '' })
      req.resume()
      res.writeHead(200, { 'Content-Type': 'application/json' })
      res.end(JSON.stringify({ url: req.url, principal: exchange.principal.id, scopes: [...exchange.principal.scopes] }))
    },
    upgrade(_req, socket, _head, exchange) {
      handed.push({ exchange, url: 'upgrade' })
      socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n')
    },
    close: () => Promise.resolve(),
  }
  const sessions = createSessions({ clock })
  const devices = await openDevices({ state: { paths: { devices: join(await tempFolder(), 'devices.json') } }, clock, log })
  const pairing = createPairing({ clock })
  const tickets = createTickets<Principal>({ clock })
  const limiter = createLimiter({ rule: () => config.gateway.auth.rateLimit, clock })
  const streams = createStreams({ max: () => config.gateway.maxSseConnections })
  const connections = createConnections({ trustedProxies: () => config.gateway.trustedProxies })
  const ingresses = createIngresses({
    keeper: { handle: (...given) => edge.handle(...given), upgrade: (...given) => edge.upgrade(...given) },
    connections,
    log,
  })
  const edge = createEdge({
    config: () => config,
    names: createNames({ config: () => config, ingresses: ingresses.list, hostName: 'box' }),
    sessions,
    devices,
    pairing,
    tickets,
    limiter,
    streams,
    connections,
    control: () => Promise.resolve(control),
    health: () => ({ status: 'ok', version: '0.0.0', uptime: 1 }),
    log,
    audit: { write: (event, fields) => void audits.push({ event, fields }) },
    clock,
  })
  atEnd(async () => {
    await ingresses.stop()
    await edge.close()
    await devices.close()
  })
  const { authorities } = await ingresses.open('local', { kind: 'tcp', hosts: ['127.0.0.1'], port: 0 })
  const port = Number(authorities[0]?.split(':').at(-1))
  const reconfigure = (next: ConfigInput['gateway']): void => {
    config = configSchema.parse({ gateway: next })
  }
  return { edge, ingresses, connections, sessions, devices, pairing, tickets, limiter, streams, lines, audits, handed, port, reconfigure }
}

/** A reply, read to its end. */
export interface Reply {
  status: number
  headers: IncomingMessage['headers']
  raw: string[]
  body: string
}

/** Sends one request on a connection of its own; headers as pairs go out as written. Carries the token unless `bare`. */
export function ask(
  port: number | string,
  path: string,
  options: { method?: string; headers?: Record<string, string>; pairs?: string[]; body?: string; bare?: boolean } = {},
): Promise<Reply> {
  const headers = { ...(options.bare === true ? {} : { Authorization: `Bearer ${TOKEN}` }), ...options.headers }
  const where: RequestOptions = typeof port === 'string' ? { socketPath: port } : { host: '127.0.0.1', port }
  return new Promise((resolve, reject) => {
    const req = request({
      ...where,
      path,
      method: options.method ?? 'GET',
      agent: false,
      timeout: 20_000,
      ...(options.pairs ? { headers: options.pairs } : { headers }),
    })
    req.once('error', reject)
    req.once('response', (res) => {
      readText(res).then((body) => resolve({ status: res.statusCode ?? 0, headers: res.headers, raw: res.rawHeaders, body }), reject)
    })
    req.end(options.body)
  })
}

/** Reads a stream of text to its end; rejects where it is cut off. */
export async function readText(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** Writes bytes to a port and gives all that comes back until the connection ends, or what had come when `until` appeared. */
export function speak(port: number, text: string, until?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'))
    let heard = ''
    socket.setTimeout(20_000, () => socket.destroy(new Error(`nothing more came after: ${heard}`)))
    socket.once('error', reject)
    socket.once('close', () => resolve(heard))
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1')
      if (until !== undefined && heard.includes(until)) socket.destroy()
    })
  })
}

/** Waits until something holds, looking every 10 ms. */
export async function until(holds: () => boolean, ms = 5_000): Promise<void> {
  const end = Date.now() + ms
  while (!holds()) {
    if (Date.now() > end) throw new Error(`did not come about in ${ms} ms: ${holds.toString()}`)
    await systemClock.sleep(10)
  }
}

/** A connection that has been opened. */
export function dial(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
    socket.once('error', reject)
  })
}

/** A small app inside the test, for what needs its hands on the server side. */
export async function appOf(handler: (req: IncomingMessage, res: ServerResponse) => void): Promise<string> {
  const server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  atEnd(async () => {
    server.closeAllConnections()
    server.close()
  })
  const at = server.address()
  return `http://127.0.0.1:${typeof at === 'object' && at !== null ? at.port : 0}`
}
