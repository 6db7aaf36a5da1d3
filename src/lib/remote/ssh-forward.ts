import { setTimeout as delay } from 'node:timers/promises'
import { forwardArgs, forwardingForbidden, isPassing, refusalIn, type SshForward, sshFailure } from '../binaries/ssh.ts'
import { sshTargetText } from '../binaries/ssh-target.ts'
import { XopcError } from '../errors/error.ts'
import { cleanText } from '../protocol/outside-text.ts'
import { backoffMs } from '../supervisor/backoff.ts'
import { type Guarded, spawnGuarded } from '../system/guarded.ts'
import { look, remove } from '../system/files.ts'
import { networkPrint } from '../system/net.ts'
import { withoutOurs } from '../system/own-variables.ts'
import { remoteErrors } from './errors.ts'
import { type Proven, prove } from './prove.ts'
import { createSocketTransport } from './control-socket.ts'

/** How a forward is doing. `since` in milliseconds since the epoch. */
export type ForwardState =
  | { phase: 'connecting' }
  | { phase: 'up'; gateway: Proven }
  /** ssh is connected, and the gateway behind it does not answer. */
  | { phase: 'no-gateway'; error: XopcError }
  | { phase: 'lost'; error: XopcError; since: number }

/** A forward that is kept up. */
export interface SshForwarding {
  /** Resolves when the far gateway has proven itself for the first time; rejects with why it could not. */
  ready: Promise<Proven>
  /** Rejects when only a person can mend it; resolves after `stop`. */
  ended: Promise<void>
  stop(): Promise<void>
}

/** What a forward takes. */
export interface ForwardParts extends SshForward {
  /** Path of ssh. */
  ssh: string
  env: NodeJS.ProcessEnv
  /** A loopback origin, which the far gateway signs for with any port. */
  origin: string
  onState(state: ForwardState): void
}

/** A laptop that opens its lid again should not wait. */
const AGAIN = { first: 250, most: 1000 }
/** How long ssh and the far gateway may take until the first answer, milliseconds. */
const READY_MS = 30_000
/** Between two looks at a far gateway, milliseconds. */
const LOOK_MS = 10_000
/** Between two tries while ssh is signing in, milliseconds. */
const POLL_MS = 100
/** Between two looks while it does not answer, milliseconds. */
const AGAIN_MS = 1000
/** What ends takes its connections with it before it is gone itself, milliseconds. */
const ENDING_MS = 250
/** Lines of ssh that are kept. */
const QUOTED = 20

/** Keeps ssh running and says how it is. Throws nothing; `ready` and `ended` tell. */
export function openSshForward(parts: ForwardParts): SshForwarding {
  const stopping = new AbortController()
  const ready = Promise.withResolvers<Proven>()
  // Whoever waits for the end hears of it there.
  ready.promise.catch(() => {})
  const ended = untilEnded(parts, ready, stopping.signal)
  ended.catch(ready.reject)
  return {
    ready: ready.promise,
    ended,
    async stop() {
      stopping.abort()
      // Why it ended is told where `ended` is waited for; here it only has to be over.
      await ended.catch(() => {})
    },
  }
}

async function untilEnded(parts: ForwardParts, ready: PromiseWithResolvers<Proven>, stop: AbortSignal): Promise<void> {
  try {
    await keepUp(parts, ready, stop)
  } finally {
    // ssh leaves its socket behind.
    await remove(parts.socket)
  }
}

async function keepUp(parts: ForwardParts, ready: PromiseWithResolvers<Proven>, stop: AbortSignal): Promise<void> {
  let wasUp = false
  let lostAt: number | null = null
  for (let failures = 0; !stop.aborted;) {
    parts.onState({ phase: 'connecting' })
    const network = networkPrint()
    const error = await connectOnce(parts, stop, {
      up(gateway) {
        wasUp = true
        lostAt = null
        failures = 0
        ready.resolve(gateway)
      },
      // What waits for an answer over a network that is gone would wait on; a new attempt gets through at once.
      isOutdated: () => lostAt !== null && networkPrint() !== network,
    })
    if (stop.aborted || error === null) return
    // Before it ever worked, whoever typed the command is there and should hear of it at once.
    if (!wasUp || !isPassing(error)) throw error
    failures += 1
    if (lostAt === null) parts.onState({ phase: 'lost', error, since: (lostAt = Date.now()) })
    await pause(backoffMs(failures, Math.random(), AGAIN), stop)
  }
}

/** What one life of ssh tells and asks. */
interface Life {
  up(gateway: Proven): void
  /** Whether to give this attempt up, before it is through. */
  isOutdated(): boolean
}

/** One life of ssh. Gives why it ended; null where it was stopped. Throws what starting it throws, and what `watch` throws. */
async function connectOnce(parts: ForwardParts, stop: AbortSignal, life: Life): Promise<XopcError | null> {
  const lines: string[] = []
  let refused: ReturnType<typeof refusalIn> = null
  const onLine = (raw: string): void => {
    refused = refusalIn(raw) ?? refused
    lines.push(cleanText(raw, 300))
    if (lines.length > QUOTED) lines.shift()
  }
  await remove(parts.socket)
  const child = await spawnGuarded({ program: parts.ssh, args: forwardArgs(parts), env: withoutOurs(parts.env), onLine })
  const over = AbortSignal.any([stop, endOf(child)])
  try {
    await watch(parts, over, { ...life, refused: () => refused })
  } finally {
    // Also where the far end is no gateway: nothing may be sent through it any more.
    await child.stop()
  }
  return stop.aborted ? null : sshFailure(parts.target, lines)
}

/** Asks who is there until ssh ends. Throws `FAR_END_STRANGE`, `FAR_END_UNPROVEN`, `REMOTE_GATEWAY_NOT_RUNNING` before the first answer. */
async function watch(
  parts: ForwardParts,
  over: AbortSignal,
  { refused, up, isOutdated }: Life & { refused(): ReturnType<typeof refusalIn> },
): Promise<void> {
  const giveUp = Date.now() + READY_MS
  let told: 'up' | 'no-gateway' | null = null
  while (!over.aborted && !(told === null && isOutdated())) {
    const seen = await ask(parts, over)
    // Where ssh itself is about to end, that is the reason.
    if ('error' in seen && seen.error !== null) await pause(ENDING_MS, over)
    if (over.aborted) return
    if ('gateway' in seen) {
      up(seen.gateway)
      if (told !== 'up') parts.onState({ phase: 'up', gateway: seen.gateway })
      told = 'up'
    } else if (seen.error !== null || Date.now() > giveUp) {
      const error = causeOf(parts, refused(), seen.error)
      if (told === null) throw error
      if (told === 'up') parts.onState({ phase: 'no-gateway', error })
      told = 'no-gateway'
    }
    await pause(told === null ? POLL_MS : told === 'up' ? LOOK_MS : AGAIN_MS, over)
  }
}

/** Sleeps; wakes early, without a word, when the signal aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}

/** What asking showed: the gateway, why there is none, or (null) that ssh is not that far yet. */
type Seen = { gateway: Proven } | { error: XopcError | null }

async function ask({ socket, origin }: ForwardParts, over: AbortSignal): Promise<Seen> {
  // ssh makes its socket once it has signed in.
  if ((await look(socket)) === null) return { error: null }
  try {
    return { gateway: await prove(createSocketTransport(socket), origin, over) }
  } catch (error) {
    if (over.aborted) return { error: null }
    if (error instanceof XopcError) return { error }
    throw error
  }
}

function causeOf({ target, far }: ForwardParts, refused: ReturnType<typeof refusalIn>, error: XopcError | null): XopcError {
  if (refused === 'forbidden') return forwardingForbidden(target)
  const broken = error === null || error.code === 'GATEWAY_UNREACHABLE'
  if (!broken) return error
  return remoteErrors.REMOTE_GATEWAY_NOT_RUNNING({ target: sshTargetText(target), port: 'port' in far ? far.port : 0 })
}

function endOf(child: Guarded): AbortSignal {
  const end = new AbortController()
  void child.exited.then(() => end.abort())
  return end.signal
}
