import { cleanText } from '../protocol/outside-text.ts'
import type { Children } from '../state/children.ts'
import { type Clock, pause } from '../system/clock.ts'
import { type Guarded, spawnGuarded } from '../system/guarded.ts'
import type { Log } from '../system/log.ts'
import { withoutOurs } from '../system/own-variables.ts'
import type { Exit } from '../system/process.ts'
import { hideSecrets } from '../system/redact.ts'
import { backoffMs, defaultBackoff } from './backoff.ts'
import { supervisorErrors } from './errors.ts'
import type { ChildSpec, Supervised } from './child.ts'

/** A supervised program, and the promise that nothing of it is left. */
export interface Keeper extends Supervised {
  readonly ended: Promise<void>
}

/** What keeping a program running takes. */
export interface KeeperParts {
  children: Pick<Children, 'add' | 'remove'>
  clock: Clock
  log: Log
  random: () => number
}

/** What ran this long was healthy: its end is a new trouble, and the waits start anew. Milliseconds. */
const healthyMs = 60_000
/** Lines of output that an error quotes. */
const quoted = 5
const maxLine = 300

/** One start of the program. */
interface Attempt {
  readonly readiness: PromiseWithResolvers<void>
  /** The last lines it said. */
  readonly lines: string[]
  child: Guarded | null
}

/** How one run ended. */
interface Ending {
  reason: string
  /** What kept it from starting. */
  cause: unknown
}

/** Starts the program and keeps it running. Throws nothing; `ready` tells how it goes. */
export function keep(spec: ChildSpec, parts: KeeperParts): Keeper {
  const stopping = new AbortController()
  let attempt = newAttempt()
  let hasty = false
  const loop = async () => {
    for (let failures = 1; ; failures++) {
      const startedAt = parts.clock.now()
      const { reason, cause } = await runOnce(spec, parts, attempt, stopping.signal)
      if (stopping.signal.aborted) return
      spec.onEnd?.(reason, cause)
      if (parts.clock.now() - startedAt >= healthyMs) failures = 1
      const waitMs = hasty ? 0 : backoffMs(failures, parts.random(), spec.backoff ?? defaultBackoff)
      hasty = false
      parts.log.warn(`${spec.name} is started again`, { reason, waitMs, failures, output: attempt.lines })
      attempt = newAttempt()
      await pause(parts.clock, waitMs, stopping.signal)
    }
  }
  const ended = loop()
  return {
    name: spec.name,
    ended,
    pid: () => attempt.child?.pid ?? null,
    ready: async () => await attempt.readiness.promise,
    restart() {
      hasty = attempt.child !== null
      void attempt.child?.stop(0)
    },
    async stop(graceMs) {
      stopping.abort()
      await attempt.child?.stop(graceMs)
      await ended
    },
  }
}

function newAttempt(): Attempt {
  const readiness = Promise.withResolvers<void>()
  // Nobody has to ask; the log tells of every failure.
  readiness.promise.catch(() => {})
  return { readiness, lines: [], child: null }
}

/** Runs the program once, from start to end; says why it ended. */
async function runOnce(spec: ChildSpec, parts: KeeperParts, attempt: Attempt, stopping: AbortSignal): Promise<Ending> {
  const fail = (reason: string, options?: ErrorOptions): Ending => {
    const output = attempt.lines.join(' | ') || '(nothing)'
    attempt.readiness.reject(supervisorErrors.CHILD_FAILED({ name: spec.name, reason, output }, options))
    return { reason, cause: options?.cause }
  }
  if (stopping.aborted) return fail('it was stopped')
  try {
    await spec.before?.()
    if (stopping.aborted) return fail('it was stopped')
    const child = await start(spec, attempt)
    if (stopping.aborted) await child.stop()
    const record = async () => await recorded(parts, spec.name, async () => await parts.children.add(spec.name, child.pid))
    await record()
    if (!(await isReadyInTime(spec, parts.clock, attempt, child))) {
      fail(`it was not ready within ${readyMs(spec) / 1000} s`)
      await child.stop()
    }
    // A wrapper script may have become the real program meanwhile.
    await record()
    const ending = fail(exitText(await child.exited))
    attempt.child = null
    await recorded(parts, spec.name, async () => await parts.children.remove(child.pid))
    return ending
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/** Starts it. Its output may come before its number does; it is ready only with both. */
async function start(spec: ChildSpec, attempt: Attempt): Promise<Guarded> {
  const saidReady = Promise.withResolvers<void>()
  if (spec.ready === undefined) saidReady.resolve()
  const onLine = (raw: string) => {
    const line = hideSecrets(cleanText(raw, maxLine), spec.secrets ?? [])
    attempt.lines.push(line)
    if (attempt.lines.length > quoted) attempt.lines.shift()
    if (spec.ready?.(line) === true) saidReady.resolve()
    spec.onLine?.(line)
  }
  const child = await spawnGuarded({ program: spec.command, args: spec.args, env: withoutOurs(spec.env ?? process.env), onLine })
  attempt.child = child
  void saidReady.promise.then(attempt.readiness.resolve)
  return child
}

/** False when neither readiness nor the end came in time. */
async function isReadyInTime(spec: ChildSpec, clock: Clock, attempt: Attempt, child: Guarded): Promise<boolean> {
  const done = new AbortController()
  const ready = attempt.readiness.promise.then(() => true)
  const outcome = Promise.race([ready, child.exited.then(() => true), pause(clock, readyMs(spec), done.signal).then(() => false)])
  return await outcome.finally(() => done.abort())
}

function readyMs(spec: ChildSpec): number {
  return spec.readyTimeoutMs ?? 10_000
}

/** The record is a second safety net: that it cannot be written (a full disk) must not take the program down. */
async function recorded(parts: KeeperParts, name: string, write: () => Promise<void>): Promise<void> {
  try {
    await write()
  } catch (error) {
    parts.log.warn(`${name} could not be recorded`, { error })
  }
}

function exitText({ code, signal }: Exit): string {
  return signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`
}
