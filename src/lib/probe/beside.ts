import type { StageName } from '../protocol/http-api.ts'
import type { Aim } from './aim.ts'
import type { ProbeDesk } from './desk.ts'
import type { Dial } from './dial.ts'
import { type Judged, skip } from './judged.ts'
import { openLine } from './line.ts'
import { notPassed, obstacleIn } from './obstacles.ts'
import type { Reply } from './reply.ts'
import { culpritByHints, culpritIn, culpritOf, firstKnown } from './signatures.ts'
import { type AuthSeen, judgeAuth, lookAtAuth, lostCredential, seenIn } from './stages/auth.ts'
import { headersCulprit, judgeHeaders, lookAtHeaders } from './stages/headers.ts'
import { requestFault } from './stages/http.ts'
import { judgeSilence, judgeStream, replyIn, STREAM_PATH, type StreamAsked, watchStream } from './stages/sse.ts'
import { ECHO_PATH, judgeSocket, lookAtSocket } from './stages/websocket.ts'

/** What the four stages are given once the gateway has proved itself. */
export interface Beside {
  aim: Aim
  desk: ProbeDesk
  dial: Dial
  /** Silence that a stream must survive, and the end of the stream that is asked, which may take longer than everything else. */
  idle: { seconds: number | undefined; signal: AbortSignal }
  /** The time of a stage, from now on. */
  limit(name: StageName): AbortSignal
}

/** Starts the four at once; each has connections and tickets of its own. What each came to, as it comes. */
export function judgeBeside(given: Beside): [StageName, Promise<Judged>][] {
  const auth = authSeen(given)
  return [
    ['auth', auth.then((seen) => judgeAuth(given.aim, seen))],
    ['sse', judgeSse(given, auth)],
    ['websocket', judgeWebSocket(given, auth)],
    ['headers', judgeArrival(given)],
  ]
}

async function authSeen({ aim, desk, dial, limit }: Beside): Promise<AuthSeen> {
  const line = openLine(aim, dial)
  const seen = await lookAtAuth(line, desk, limit('auth'))
  line.close()
  return seen
}

async function judgeSse(given: Beside, auth: Promise<AuthSeen>): Promise<Judged> {
  const { aim, desk, dial, idle } = given
  const ended = new AbortController()
  // Beside the first stream, so that the silence does not begin late where the stages before were slow.
  const silent =
    idle.seconds === undefined
      ? null
      : {
          seconds: idle.seconds,
          asked: watchStream(aim, dial, { ticket: desk.ticket(), idle: idle.seconds }, either(idle.signal, ended.signal)),
        }
  const asked = await watchStream(aim, dial, { ticket: desk.ticket() }, given.limit('sse'))
  const judged = await judgeEvents(given, asked, auth)
  if (silent === null || judged.status !== 'pass') {
    ended.abort()
    return judged
  }
  return judgeSilence(aim, judged, { asked: await silent.asked, idle: silent.seconds }, await culpritFor(asked.seen?.headers, auth))
}

function either(one: AbortSignal, other: AbortSignal): AbortSignal {
  return AbortSignal.any([one, other])
}

async function judgeEvents({ aim }: Beside, asked: StreamAsked, auth: Promise<AuthSeen>): Promise<Judged> {
  if (asked.trouble !== undefined) return requestFault(aim, STREAM_PATH, asked.trouble)
  const reply = replyIn(asked.seen)
  if (reply !== null)
    return (
      (await withoutCredential(aim, STREAM_PATH, reply, auth)) ?? obstacleIn(reply, STREAM_PATH, aim) ?? notPassed(aim, STREAM_PATH, reply)
    )
  return judgeStream(aim, asked.seen, await culpritFor(asked.seen.headers, auth))
}

async function judgeWebSocket({ aim, desk, dial, limit }: Beside, auth: Promise<AuthSeen>): Promise<Judged> {
  const seen = await lookAtSocket(aim, dial, desk.ticket(), limit('websocket'))
  if (seen.kind !== 'refused') return judgeSocket(aim, seen, await culpritFor(seen.kind === 'open' ? seen.headers : undefined, auth))
  const lost = await withoutCredential(aim, ECHO_PATH, seen.reply, auth)
  return lost ?? judgeSocket(aim, seen, firstKnown(culpritOf(seen.reply), await culpritFor(undefined, auth)))
}

async function judgeArrival({ aim, desk, dial, limit }: Beside): Promise<Judged> {
  const { look, ...given } = await lookAtHeaders(aim, dial, desk, limit('headers'))
  const seen = seenIn(look)
  // Why there is no word of the gateway is what auth tells: it asks for the same.
  if (seen === null) return skip('Not looked at: the gateway’s word on what arrives did not come through (see auth).')
  return judgeHeaders(aim, seen, given, headersCulprit(look, seen))
}

/** A credential that is lost on every request is told once, at auth. Null where the reply says nothing of a lost credential. */
async function withoutCredential(aim: Aim, path: string, reply: Reply, auth: Promise<AuthSeen>): Promise<Judged | null> {
  const lost = lostCredential(aim, path, reply)
  if (lost === null || judgeAuth(aim, await auth).status !== 'fail') return lost
  return skip('Not looked at: the credential for it does not get through (see auth).')
}

/** By the reply itself, else by what the gateway saw of the request beside it. */
async function culpritFor(headers: Reply['headers'] | undefined, auth: Promise<AuthSeen>) {
  const told = culpritIn(headers ?? new Map())
  if (told.program !== null) return told
  const { withTicket } = await auth
  const beside = withTicket.asked.reply === undefined ? told : culpritOf(withTicket.asked.reply)
  return firstKnown(beside, culpritByHints(seenIn(withTicket)?.hints ?? []))
}
