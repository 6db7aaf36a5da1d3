import { createGunzip, constants } from 'node:zlib'
import { Agent, type IncomingMessage, request } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import type { Culprit } from '../../protocol/http-api.ts'
import { probePaths } from '../../protocol/probe-api.ts'
import { API_PREFIX } from '../../protocol/routes.ts'
import type { Aim } from '../aim.ts'
import type { Dial } from '../dial.ts'
import { remedy } from '../directives.ts'
import { fail, type Judged, pass, subject } from '../judged.ts'
import { headersFor } from '../line.ts'
import { header, type HeaderLines, headerLines, type Reply } from '../reply.ts'
import { type Trouble, troubleOf } from '../trouble.ts'

/** Where the gateway sends three events, 300 ms apart. */
export const STREAM_PATH = `${API_PREFIX}${probePaths.stream}`
const EVENTS = 3
/** First to third event, as they are sent, is 600 ms; what arrives within half of that was held back. */
const SPREAD_MS = 300
/** What is not an event stream is read no further than this. */
const MAX_BYTES = 64 * 1024

/** A stream, watched. */
export interface StreamSeen {
  status: number
  headers: HeaderLines
  /** Of an answer that is no event stream: its beginning, for judging only. */
  body: string
  /** Milliseconds from the request to each event. */
  arrivals: number[]
  /** When the event after the silence came, or null. */
  idleAt: number | null
  /** When it ended, and how: null as it should. */
  endedAt: number
  trouble: Trouble | null
}

/** What asking for a stream gave. */
export type StreamAsked = { seen: StreamSeen; trouble?: never } | { trouble: Trouble; seen?: never }

/** Asks for the stream with a fresh ticket, as a browser does, compressed if the proxy likes to; with silence of `idle` seconds after the events. Never throws. */
export async function watchStream(
  aim: Aim,
  dial: Dial,
  { ticket, idle }: { ticket: string; idle?: number },
  signal: AbortSignal,
): Promise<StreamAsked> {
  try {
    const socket = await dial(signal)
    const started = performance.now()
    const response = await answerTo(aim, socket, `${STREAM_PATH}${idle === undefined ? '' : `?idle=${idle}`}`, ticket, signal)
    return { seen: await watch(response, () => performance.now() - started, signal) }
  } catch (error) {
    return { trouble: signal.aborted ? { ...troubleOf(error), kind: 'timeout' } : troubleOf(error) }
  }
}

async function answerTo(aim: Aim, socket: Duplex, path: string, ticket: string, signal: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const headers = { ...headersFor(aim), Accept: 'text/event-stream', 'Accept-Encoding': 'gzip', Authorization: `Bearer ${ticket}` }
  const agent = Object.assign(new Agent(), { createConnection: () => socket })
  const call = request({ path, agent, signal, setHost: false, headers })
  call.on('response', resolve).on('error', reject)
  call.on('upgrade', (_, switched: Duplex) => switched.destroy())
  call.once('close', () => socket.destroy())
  call.end()
  return await promise
}

async function watch(response: IncomingMessage, elapsed: () => number, signal: AbortSignal): Promise<StreamSeen> {
  const headers = headerLines(response.rawHeaders)
  const seen: StreamSeen = { status: response.statusCode ?? 0, headers, body: '', arrivals: [], idleAt: null, endedAt: 0, trouble: null }
  try {
    for await (const piece of readable(response, headers)) {
      // `as`: a stream without an encoding gives Buffers.
      seen.body += (piece as Buffer).toString('utf8')
      noteEvents(seen, Math.round(elapsed()))
      if (seen.body.length > MAX_BYTES) break
    }
  } catch (error) {
    seen.trouble = signal.aborted ? { ...troubleOf(error), kind: 'timeout' } : troubleOf(error)
  }
  seen.endedAt = Math.round(elapsed())
  response.destroy()
  return seen
}

function readable(response: IncomingMessage, headers: HeaderLines): Readable {
  if (!/^(x-)?gzip$/i.test(header(headers, 'content-encoding'))) return response
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })
  response.once('error', (error) => gunzip.destroy(error))
  return response.pipe(gunzip)
}

function noteEvents(seen: StreamSeen, at: number): void {
  const count = seen.body.match(/^event: probe$/gm)?.length ?? 0
  while (seen.arrivals.length < Math.min(count, EVENTS)) seen.arrivals.push(at)
  if (seen.idleAt === null && /^event: idle$/m.test(seen.body)) seen.idleAt = at
}

/** A reply of the stream's route that is no stream, for the judges of replies; null where it is one. Pure. */
export function replyIn({ status, headers, body, endedAt }: StreamSeen): Reply | null {
  const streams = status === 200 && /^text\/event-stream\b/i.test(header(headers, 'content-type'))
  return streams ? null : { status, headers, body, ms: endedAt }
}

/** Whether events come one by one as they are sent. Pure. */
export function judgeStream(aim: Aim, seen: StreamSeen, culprit: Culprit): Judged {
  const { arrivals, endedAt, trouble } = seen
  const encoding = header(seen.headers, 'content-encoding').slice(0, 20)
  const spread = (arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0)
  const facts = {
    arrivalsMs: arrivals,
    spreadMs: spread,
    sentSpreadMs: 600,
    endedMs: endedAt,
    ...(encoding === '' ? {} : { contentEncoding: encoding }),
  }
  if (arrivals.length < EVENTS) return incomplete(aim, seen, culprit, facts)
  if (spread < SPREAD_MS) {
    const compressed = encoding !== ''
    const does = compressed ? 'holds event streams back to compress them' : 'holds event streams back'
    const detail = `${subject(culprit)} ${does}: three events that were sent over 600 ms arrived within ${spread} ms.`
    return fail('SSE_BUFFERED', detail, { culprit, fix: remedy(compressed ? 'compressed' : 'buffered', culprit, aim), facts })
  }
  if (trouble !== null && trouble.kind !== 'timeout') return brokenOff(aim, culprit, facts)
  return pass(`Events come one by one, as they are sent${encoding === '' ? '' : ` (compressed with ${encoding})`}.`, facts)
}

function incomplete(aim: Aim, { arrivals, trouble }: StreamSeen, culprit: Culprit, facts: Record<string, unknown>): Judged {
  if (trouble?.kind !== 'timeout') return brokenOff(aim, culprit, facts)
  const detail = `${subject(culprit)} lets an event stream begin and ${arrivals.length} of ${EVENTS} events through, then nothing more in time.`
  return fail('TIMEOUT', detail, { culprit, fix: remedy('buffered', culprit, aim), facts })
}

function brokenOff(aim: Aim, culprit: Culprit, facts: Record<string, unknown>): Judged {
  const detail = `${subject(culprit)} breaks an event stream off before it is over.`
  return fail('NETWORK_ERROR', detail, { culprit, fix: remedy('cutWhileSilent', culprit, aim), facts })
}

/** What the silence came to, beside the stage that it belongs to. Pure. */
export function judgeSilence(aim: Aim, judged: Judged, { asked, idle }: { asked: StreamAsked; idle: number }, culprit: Culprit): Judged {
  const seen = asked.seen
  if (seen !== undefined && seen.idleAt !== null) {
    const detail = `${judged.detail.replace(/\.$/, '')}; a stream that is silent for ${idle} s stays open.`
    return { ...judged, detail, facts: { ...judged.facts, idleSeconds: idle, idleMs: seen.idleAt } }
  }
  const lasted = seen === undefined ? 0 : Math.max(0, Math.round((seen.endedAt - (seen.arrivals.at(-1) ?? 0)) / 100) / 10)
  const facts = { ...judged.facts, idleSeconds: idle, lastedSeconds: lasted }
  const detail = `${subject(culprit)} cut a silent event stream after ${lasted} s; ${idle} s were asked for.`
  return fail('TIMEOUT', detail, { culprit, fix: remedy('cutWhileSilent', culprit, aim), facts })
}
