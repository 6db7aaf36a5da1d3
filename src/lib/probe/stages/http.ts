import { z } from 'zod'
import { PING_PATH } from '../../protocol/routes.ts'
import { type Aim, originInText } from '../aim.ts'
import { culpritIn, culpritOf } from '../signatures.ts'
import { fail, type Judged, nobody, pass, subject, warn } from '../judged.ts'
import type { Asked, Line } from '../line.ts'
import { obstacleIn, refusedByGateway, stranger, targetOf, wantsCertificate } from '../obstacles.ts'
import { header, jsonOf, kindOf, type Reply } from '../reply.ts'
import type { Trouble } from '../trouble.ts'
import { wallIn } from '../walls.ts'

/** Where every gateway answers without a credential, with and without an app behind it. */
export const HEALTH_PATH = '/health'
const MAX_REDIRECTS = 3
/** Clocks that differ by less are well. */
const CLOCK_MS = 5 * 60_000

const health = z.object({ status: z.literal('ok'), version: z.string() })
const ping = z.object({ ok: z.literal(true), service: z.literal('xopc-gateway') })

/** What `/health` and the ping gave. */
export interface HttpSeen {
  health: Asked
  /** Null where `/health` was no gateway's. */
  ping: Asked | null
  /** Milliseconds of one more ping, when everything on the way is awake; null where there was no answer. */
  pingMs: number | null
  /** Paths that a request was led to within the origin. */
  hops: string[]
  /** This computer's time when `/health` had answered. */
  now: number
}

/** Asks for `/health` and then for the ping, on one connection. Never throws. */
export async function lookAtHttp(aim: Aim, line: Line, now: () => number, signal: AbortSignal): Promise<HttpSeen> {
  const hops: string[] = []
  const first = await follow(HEALTH_PATH, aim, line, hops, signal)
  const seen = { health: first, hops, now: now() }
  if (faultIn(first, HEALTH_PATH, aim, health) !== null) return { ...seen, ping: null, pingMs: null }
  const second = await follow(PING_PATH, aim, line, hops, signal)
  const warm = second.reply?.status === 200 ? await follow(PING_PATH, aim, line, [], signal) : null
  return { ...seen, ping: second, pingMs: warm?.reply?.ms ?? second.reply?.ms ?? null }
}

/** Follows redirects within the origin, a few, but not to a sign-in. Another origin is never asked for anything. */
async function follow(path: string, aim: Aim, line: Line, hops: string[], signal: AbortSignal): Promise<Asked> {
  let asked = await line.ask({ path }, signal)
  for (let from = `${aim.origin}${path}`, left = MAX_REDIRECTS; asked.reply !== undefined && left > 0; left--) {
    const { status } = asked.reply
    const target = status >= 300 && status < 400 ? targetOf(asked.reply, from) : null
    if (target === null || target.origin !== aim.origin || wallIn(asked.reply) !== null) return asked
    from = target.href
    hops.push(target.pathname.slice(0, 200))
    asked = await line.ask({ path: `${target.pathname}${target.search}` }, signal)
  }
  return asked
}

/** Whether an xopc gateway answers there, and who is in between. Pure. */
export function judgeHttp(aim: Aim, seen: HttpSeen): Judged {
  const bad = faultIn(seen.health, HEALTH_PATH, aim, health) ?? (seen.ping === null ? null : faultIn(seen.ping, PING_PATH, aim, ping))
  if (bad !== null) return seen.hops.length === 0 ? bad : { ...bad, facts: { ...bad.facts, redirects: seen.hops } }
  const { reply } = seen.health
  const culprit = reply === undefined ? null : culpritIn(reply.headers)
  const by = culprit?.program ?? null
  const skewMs = reply === undefined ? null : skewOf(reply, seen.now)
  const facts = {
    healthMs: rounded(reply?.ms),
    pingMs: rounded(seen.pingMs),
    answeredBy: culprit?.evidence ?? null,
    clockSkewSeconds: skewMs === null ? null : Math.round(skewMs / 1000),
    ...(seen.hops.length === 0 ? {} : { redirects: seen.hops }),
  }
  const detail = `An xopc gateway answers${by === null ? '' : ` through ${by}`}`
  if (skewMs === null || Math.abs(skewMs) < CLOCK_MS) return pass(`${detail}.`, facts)
  const fix = { title: 'Set the clocks of this computer and of the proxy by the network', command: 'sudo timedatectl set-ntp true' }
  const apart = `the clock of what answers is ${Math.round(Math.abs(skewMs) / 60_000)} minutes ${skewMs > 0 ? 'ahead of' : 'behind'} this computer’s`
  return warn(null, `${detail}, but ${apart}.`, { ...(culprit === null ? {} : { culprit }), fix, facts })
}

function faultIn(asked: Asked, path: string, aim: Aim, shape: z.ZodType): Judged | null {
  if (asked.trouble !== undefined) return requestFault(aim, path, asked.trouble)
  const { reply } = asked
  const obstacle = obstacleIn(reply, path, aim)
  if (obstacle !== null) return circling(reply, aim) ?? obstacle
  if (reply.status === 200 && shape.safeParse(jsonOf(reply)).success) return null
  return refusedByGateway(aim, path, reply) ?? stranger(reply, path, kindOf(reply), aim)
}

/** A redirect within the origin that is left over after as many as are followed. */
function circling(reply: Reply, aim: Aim): Judged | null {
  const target = reply.status >= 300 && reply.status < 400 ? targetOf(reply, aim.origin) : null
  if (target === null || target.origin !== aim.origin || wallIn(reply) !== null) return null
  const culprit = culpritOf(reply)
  const fix = { title: 'Let the proxy answer /health without a redirect' }
  return fail('HTTP_ERROR', `${subject(culprit)} redirects again and again within the address.`, {
    culprit,
    fix,
    facts: { status: reply.status },
  })
}

/** A request that got no answer. Pure. */
export function requestFault(aim: Aim, path: string, { kind, code }: Trouble): Judged {
  const facts = { path, error: code }
  switch (kind) {
    case 'timeout':
      return fail('TIMEOUT', `Port ${aim.port} accepts connections, but ${path} is not answered in time.`, {
        fix: { title: 'Restart the program that listens there, and see whether it reaches the gateway', command: 'xopc gateway status' },
        facts,
      })
    case 'speaksTls':
      return fail('HTTP_ERROR', `Port ${aim.port} speaks https, and the address says http.`, {
        fix: { title: 'Use the https address', command: `xopc proxy test ${originInText(aim, { scheme: 'https', port: aim.port })}` },
        facts,
      })
    case 'notHttp':
      return fail('NOT_XOPC_GATEWAY', `What listens on port ${aim.port} answers with something that is no proper HTTP.`, {
        fix: { title: 'See which program listens there', command: `sudo ss -ltnp 'sport = :${aim.port}'` },
        facts,
      })
    case 'wantsCertificate':
      return wantsCertificate(nobody, facts)
    case 'tls':
    case 'noTls':
      return fail('TLS_INVALID', `A further connection for ${path} showed another certificate, which is not good.`, {
        fix: { title: 'Give every server behind this address the same certificate' },
        facts,
      })
    case 'refused':
    case 'noRoute':
    case 'cut':
    case 'other':
      return fail('NETWORK_ERROR', `The connection broke off before ${path} was answered.`, {
        fix: { title: 'Look at the log of the proxy: it crashes, or closes connections' },
        facts,
      })
  }
}

/** How far the other clock is ahead, milliseconds; a Date has whole seconds. */
function skewOf({ headers }: Reply, now: number): number | null {
  const date = Date.parse(header(headers, 'date'))
  return Number.isNaN(date) ? null : date - now
}

function rounded(ms: number | null | undefined): number | null {
  return ms === undefined || ms === null ? null : Math.round(ms * 10) / 10
}
