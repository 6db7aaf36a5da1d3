import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Culprit } from '../../protocol/http-api.ts'
import { probePaths } from '../../protocol/probe-api.ts'
import { API_PREFIX } from '../../protocol/routes.ts'
import type { Aim } from '../aim.ts'
import type { Dial } from '../dial.ts'
import { remedy } from '../directives.ts'
import { fail, type Judged, pass, subject } from '../judged.ts'
import { obstacleIn } from '../obstacles.ts'
import { codeIn, type HeaderLines, headerLines, type Reply } from '../reply.ts'
import { type Trouble, troubleOf } from '../trouble.ts'
import { requestFault } from './http.ts'

/** Where the gateway sends back what it gets. */
export const ECHO_PATH = `${API_PREFIX}${probePaths.echo}`
const MAX_BODY = 64 * 1024

/** What a handshake gave: a connection that echoes (or not), an answer that is none, or nothing. */
export type SocketSeen =
  | { kind: 'open'; headers: HeaderLines; openMs: number; echoMs: number | null; trouble: Trouble | null }
  | { kind: 'refused'; reply: Reply }
  | { kind: 'trouble'; trouble: Trouble }

/** Shakes hands with a fresh ticket and sends a random text. Never throws. */
export async function lookAtSocket(aim: Aim, dial: Dial, ticket: string, signal: AbortSignal): Promise<SocketSeen> {
  try {
    const [{ WebSocket }, stream] = await Promise.all([import('ws'), dial(signal)])
    const client = new WebSocket(`${aim.scheme === 'https' ? 'wss' : 'ws'}://${aim.authority}${ECHO_PATH}`, {
      // The connection stands already, to the address that was judged: nothing is looked up here.
      createConnection: () => stream,
      headers: { 'User-Agent': 'xopc-probe', Authorization: `Bearer ${ticket}` },
      perMessageDeflate: false,
      followRedirects: false,
      maxPayload: MAX_BODY,
    })
    return await talk(client, stream, signal)
  } catch (error) {
    return { kind: 'trouble', trouble: limited(error, signal) }
  }
}

async function talk(client: WebSocket, stream: Duplex, signal: AbortSignal): Promise<SocketSeen> {
  const started = performance.now()
  const elapsed = (): number => Math.round((performance.now() - started) * 10) / 10
  const { promise, resolve } = Promise.withResolvers<SocketSeen>()
  const text = randomBytes(16).toString('base64url')
  let headers: HeaderLines = new Map()
  let openMs: number | null = null
  const broken = (error: unknown): void => {
    const trouble = limited(error, signal)
    resolve(openMs === null ? { kind: 'trouble', trouble } : { kind: 'open', headers, openMs, echoMs: null, trouble })
  }
  const onAbort = (): void => broken(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  client.on('upgrade', (response) => (headers = headerLines(response.rawHeaders)))
  client.on('open', () => {
    openMs = elapsed()
    client.send(text)
  })
  // `as`: without a binaryType of another kind, ws gives Buffers.
  client.on('message', (data) => {
    if ((data as Buffer).toString('utf8') !== text) return broken(Object.assign(new Error('another text'), { code: 'ANOTHER_TEXT' }))
    resolve({ kind: 'open', headers, openMs: openMs ?? 0, echoMs: Math.round((elapsed() - (openMs ?? 0)) * 10) / 10, trouble: null })
  })
  client.on('unexpected-response', (_, response) => {
    readRefusal(response, elapsed).then((reply) => resolve({ kind: 'refused', reply }), broken)
  })
  client.on('error', broken)
  client.on('close', () => broken(Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
  if (signal.aborted) onAbort()
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', onAbort)
    client.terminate()
    stream.destroy()
  }
}

async function readRefusal(response: IncomingMessage, elapsed: () => number): Promise<Reply> {
  let body = ''
  response.setEncoding('utf8')
  for await (const piece of response) {
    body += String(piece)
    if (body.length > MAX_BODY) break
  }
  return { status: response.statusCode ?? 0, headers: headerLines(response.rawHeaders), body, ms: elapsed() }
}

function limited(error: unknown, signal: AbortSignal): Trouble {
  const trouble = troubleOf(error)
  return signal.aborted ? { ...trouble, kind: 'timeout' } : trouble
}

/** Whether WebSocket gets through. Pure. */
export function judgeSocket(aim: Aim, seen: SocketSeen, culprit: Culprit): Judged {
  if (seen.kind === 'open') return judgeOpen(aim, seen, culprit)
  const fix = remedy('noUpgrade', culprit, aim)
  if (seen.kind === 'refused') {
    const { reply } = seen
    const wall = obstacleIn(reply, ECHO_PATH, aim)
    if (wall?.code === 'AUTH_BLOCKED') return wall
    const facts = { status: reply.status, refusal: codeIn(reply) }
    const arrived = codeIn(reply) === 'UPGRADE_REQUIRED' || codeIn(reply) === 'UPGRADE_INVALID'
    const does = arrived ? 'takes the header Upgrade away' : `answers the WebSocket handshake with status ${reply.status}`
    return fail('WEBSOCKET_BLOCKED', `${subject(culprit)} ${does}, so no WebSocket connection comes about.`, { culprit, fix, facts })
  }
  const { kind, code } = seen.trouble
  if (kind === 'timeout') {
    const detail = `${subject(culprit)} does not answer the WebSocket handshake in time.`
    return fail('TIMEOUT', detail, { culprit, fix, facts: { error: code } })
  }
  if (kind === 'tls' || kind === 'noTls') return requestFault(aim, ECHO_PATH, seen.trouble)
  const does =
    kind === 'cut' ? 'closes the connection during the WebSocket handshake' : 'answers the WebSocket handshake with something that is none'
  return fail('WEBSOCKET_BLOCKED', `${subject(culprit)} ${does}.`, { culprit, fix, facts: { error: code } })
}

function judgeOpen(aim: Aim, seen: Extract<SocketSeen, { kind: 'open' }>, culprit: Culprit): Judged {
  const { openMs, echoMs, trouble } = seen
  const facts = { openMs, echoMs, ...(trouble === null ? {} : { error: trouble.code }) }
  if (echoMs !== null) return pass(`WebSocket works: what was sent came back in ${Math.max(1, Math.round(echoMs))} ms.`, facts)
  const detail = `${subject(culprit)} lets the WebSocket handshake through, but what is sent does not come back.`
  return fail('WEBSOCKET_BLOCKED', detail, { culprit, fix: remedy('noUpgrade', culprit, aim), facts })
}
