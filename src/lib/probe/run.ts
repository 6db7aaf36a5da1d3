import type { Duplex } from 'node:stream'
import type { ErrorInfo } from '../errors/error.ts'
import { type Stage, type StageName, stageNames, type Verdict } from '../protocol/http-api.ts'
import { aimAt, type Aim } from './aim.ts'
import { judgeBeside } from './beside.ts'
import type { ProbeDesk } from './desk.ts'
import { type Dial, dialBy, openTcp } from './dial.ts'
import { type Judged, skip } from './judged.ts'
import { type Line, openLine } from './line.ts'
import { judgeName, isLocalhost, lookAtName, type Lookup } from './stages/dns.ts'
import { judgeHttp, lookAtHttp } from './stages/http.ts'
import { judgeIdentity, lookAtIdentity } from './stages/identity.ts'
import { connectInTurn, judgeConnections } from './stages/tcp.ts'
import { type Hop, hopOver, lookAtTls } from './stages/tls.ts'
import { hopBy, judgeWayName, skipForWay } from './stages/way.ts'
import type { Trust } from '../system/trust.ts'
import { errorOf, verdictOf } from './verdict.ts'
import type { Way, Ways } from './way.ts'

/** What a test needs of its surroundings. */
export interface Surroundings {
  desk: ProbeDesk
  lookup: Lookup
  trust: Trust
  ways: Ways
  /** Milliseconds since the epoch. */
  now(): number
}

/** How a test is run. */
export interface TestRun {
  signal: AbortSignal
  onStage?: ((stage: Stage) => void) | undefined
  idle?: number | undefined
}

/** Milliseconds that a stage may take. The whole is bounded besides, so that several slow ones do not add up. */
const limits: Record<StageName, number> = {
  dns: 4000,
  tcp: 4500,
  tls: 4000,
  http: 5000,
  identity: 4000,
  auth: 5000,
  sse: 5000,
  websocket: 5000,
  headers: 5000,
}
/** Milliseconds of the whole test, below the 15 s of the contract. */
const TEST_MS = 14_000
/** Milliseconds of the short form, below its 10 s. */
const CONFIRM_MS = 9000

/** A walk through the stages: what was found so far, and whom to tell. */
interface Walk extends Surroundings {
  aim: Aim
  /** Ends with the time of the whole, or when it is called off. */
  signal: AbortSignal
  stages: Stage[]
  tell(stage: Stage): void
}

/** The staged test of an origin. Throws only the signal's reason. */
export async function runTest(around: Surroundings, url: string, { signal, onStage, idle }: TestRun): Promise<Verdict> {
  const started = performance.now()
  const walk = walkTo(around, url, { signal, ms: TEST_MS, onStage })
  const latencyMs = await walkAll(walk, { signal: bounded(signal, TEST_MS + (idle ?? 0) * 1000), seconds: idle })
  signal.throwIfAborted()
  skipTheRest(walk)
  const stages = stageNames.flatMap((name) => walk.stages.filter(({ stage }) => stage === name))
  return verdictOf({ url, at: around.now(), ms: Math.round(performance.now() - started), latencyMs, stages })
}

/** The short form: who answers there, and nothing else. Null where it is this gateway. Throws only the signal's reason. */
export async function runConfirm(around: Surroundings, url: string, signal: AbortSignal): Promise<ErrorInfo | null> {
  const walk = walkTo(around, url, { signal, ms: CONFIRM_MS })
  const reached = await walkThere(walk, false)
  if (reached !== null) await onLine(walk, reached, async (line) => await proveIdentity(walk, line))
  signal.throwIfAborted()
  const failed = walk.stages.find(({ status }) => status === 'fail')
  return failed === undefined ? null : errorOf(failed)
}

function walkTo(around: Surroundings, url: string, { signal, ms, onStage }: Pick<TestRun, 'signal' | 'onStage'> & { ms: number }): Walk {
  const stages: Stage[] = []
  const tell = (stage: Stage): void => {
    stages.push(stage)
    // Who called it off is told nothing more: what fails now fails because of that.
    if (!signal.aborted) onStage?.(stage)
  }
  return { ...around, aim: aimAt(url), signal: bounded(signal, ms), stages, tell }
}

/** All stages as far as they go. Gives the round trip of the ping. */
async function walkAll(walk: Walk, idle: { signal: AbortSignal; seconds: number | undefined }): Promise<number | null> {
  const { aim } = walk
  const reached = await walkThere(walk, true)
  if (reached === null) return null
  return await onLine(walk, reached, async (line) => {
    let latencyMs: number | null = null
    const http = await stage(walk, 'http', async (signal) => {
      const seen = await lookAtHttp(aim, line, walk.now, signal)
      latencyMs = seen.pingMs === null ? null : Math.max(1, Math.round(seen.pingMs))
      return { judged: judgeHttp(aim, seen) }
    })
    // No credential of any kind leaves before this gateway has proved itself.
    if (http !== null && (await proveIdentity(walk, line)) !== null) await lookBeside(walk, reached.dial, idle)
    return latencyMs
  })
}

/** A connection to who answers there, and the way to more of them. */
interface Reached {
  dial: Dial
  ready: Duplex
}

/** Whom TLS is looked at with, and how to get there again. */
interface Found {
  hop: Hop
  again: Dial
}

/** dns, tcp and tls; `thorough` also tries addresses that are not needed. Null where one failed. */
async function walkThere(walk: Walk, thorough: boolean): Promise<Reached | null> {
  const { aim, trust, ways } = walk
  const way = ways(aim.origin)
  const found = way === null ? await findByAddress(walk, thorough) : await findByProgram(walk, way)
  if (found === null) return null
  const secured = await stage(walk, 'tls', async (signal) => await lookAtTls(aim, found.hop, walk, signal))
  return secured?.ready ? { dial: dialBy(aim, found.again, trust), ready: secured.ready } : null
}

async function findByAddress(walk: Walk, thorough: boolean): Promise<Found | null> {
  const { aim, lookup } = walk
  const named = await stage(walk, 'dns', async (signal) => judgeName(aim, await lookAtName(aim, lookup, signal)))
  if (named === null) return null
  // The two loopback addresses of a localhost name are our own guess, so one of them is enough.
  const all = thorough && !isLocalhost(aim)
  const tcp = await stage(walk, 'tcp', async (signal) => {
    const connected = await connectInTurn(named.usable, aim.port, all, signal)
    return { ...connected, judged: judgeConnections(aim, connected) }
  })
  const address = tcp?.attempts.find(({ trouble }) => trouble === null)?.address
  if (!tcp?.socket || address === undefined) return null
  return { hop: hopOver(aim, tcp.socket), again: async (signal) => await openTcp(address, aim.port, signal) }
}

/** Nothing is looked up or connected to here: the program does both. */
async function findByProgram(walk: Walk, way: Way): Promise<Found> {
  await stage(walk, 'dns', async () => ({ judged: judgeWayName(walk.aim, way) }))
  await stage(walk, 'tcp', async () => ({ judged: skipForWay(way) }))
  const hop = hopBy(walk.aim, way)
  return { hop, again: hop.open }
}

async function proveIdentity(walk: Walk, line: Line): Promise<unknown> {
  const { aim, desk, now } = walk
  return await stage(walk, 'identity', async (signal) => ({
    judged: judgeIdentity(aim, desk, await lookAtIdentity(aim, line, desk, now, signal)),
  }))
}

/** The four that need nothing of each other. */
async function lookBeside(walk: Walk, dial: Dial, idle: { signal: AbortSignal; seconds: number | undefined }): Promise<void> {
  const { aim, desk } = walk
  const looks = judgeBeside({ aim, desk, dial, idle, limit: (name) => bounded(walk.signal, limits[name]) })
  await Promise.all(looks.map(async ([name, judged]) => await stage(walk, name, async () => ({ judged: await judged }))))
}

async function onLine<T>(walk: Walk, { dial, ready }: Reached, use: (line: Line) => Promise<T>): Promise<T> {
  const line = openLine(walk.aim, dial, ready)
  try {
    return await use(line)
  } finally {
    line.close()
  }
}

/** Runs a stage within its time and tells it. Null where it failed. */
async function stage<T extends { judged: Judged }>(
  walk: Walk,
  name: StageName,
  look: (signal: AbortSignal) => Promise<T>,
): Promise<T | null> {
  const started = performance.now()
  const found = await look(bounded(walk.signal, limits[name]))
  const { status } = found.judged
  walk.tell({ stage: name, ms: status === 'skip' ? 0 : Math.round(performance.now() - started), ...found.judged })
  return status === 'fail' ? null : found
}

function skipTheRest({ stages, tell }: Walk): void {
  const failed = stages.find(({ status }) => status === 'fail')
  const reason = `Not looked at, because ${failed?.stage ?? 'an earlier stage'} failed.`
  const done = new Set(stages.map(({ stage }) => stage))
  for (const name of stageNames) if (!done.has(name)) tell({ stage: name, ms: 0, ...skip(reason) })
}

function bounded(signal: AbortSignal, ms: number): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(ms)])
}
