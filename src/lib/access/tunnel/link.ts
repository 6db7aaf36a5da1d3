import type { XopcError } from '../../errors/error.ts'
import { isStopped } from '../../system/process-identity.ts'
import type { AccessContext } from '../access-method.ts'
import { type Beat, heartbeat } from './broker.ts'
import { tunnelErrors } from './errors.ts'
import { type FrpcRun, startFrpc } from './frpc-run.ts'
import type { Lease } from './lease.ts'

/** How it stands with the tunnel of one lease. */
export type LinkState =
  | { kind: 'starting' }
  | { kind: 'serving' }
  /** It is mended by itself. */
  | { kind: 'down'; fault: XopcError }
  /** The broker has ended the lease: there may be a new one. */
  | { kind: 'gone' }
  /** The broker wants this gateway no more. */
  | { kind: 'over'; fault: XopcError }

/** frpc and the heartbeats of one lease, watched and mended until `close`. */
export interface Link {
  readonly lease: Lease
  state(): LinkState
  /** Resolves once it serves. Rejects with what keeps it from that after `ms`, or at once with what will not change; or with the signal's reason. */
  serving(ms: number, signal: AbortSignal): Promise<void>
  frpcPid(): number | null
  /** Milliseconds since the epoch, as the others; null before the first one. */
  lastHeartbeatAt(): number | null
  leaseExpiresAt(): number
  /** When another run of a gateway with our key was heard of. */
  otherInstanceAt(): number | null
  /** Nobody comes through although frpc says that it serves: it is started anew, less and less often. */
  doubt(): void
  close(): Promise<void>
}

/** Between looks at frpc, ms. */
const LOOK_MS = 1000
/** A connection that is gone so long (ms) is not left to frpc, which waits up to 20 s between tries. */
const PATIENCE_MS = 1500
/** While frpc is not connected the broker is asked so often, ms: less and less often, because all its gateways ask at once. */
const RESCUE = { least: 1000, most: 5000, share: 20 } as const
/** So long a frpc that was just started may take to come up (ms). */
const START_MS = 6000
/** A broker that does not answer in this time is away, ms. */
const ASK_MS = 2500
/** Between starts because nobody came through: this long at first, twice as long each time (ms). */
const DOUBT = { first: 15_000, most: 600_000 } as const
/** A server that is not believed may have another certificate now, which the broker tells with a new lease; asked for no more often than this, ms. */
const NEW_CERTIFICATE_MS = 40_000
/** So many refusals in a row by the server, while the broker knows the lease, and it is given up. */
const REFUSALS = 3

/** Starts frpc and the heartbeats; `onChange` is told whatever changes. Throws as `startFrpc`. */
export async function openLink(context: AccessContext, lease: Lease, program: string, onChange: () => void): Promise<Link> {
  const { clock, log, audit } = context
  const closing = new AbortController()
  const waiting = new Set<() => void>()
  const openedAt = clock.now()
  let ended: Extract<LinkState, { kind: 'gone' | 'over' }> | null = null
  let { expiresAt } = lease
  let lastHeartbeatAt: number | null = null
  let otherInstanceAt: number | null = null
  let downSince: number | null = null
  let run: { pid: number | null; since: number } = { pid: null, since: clock.now() }
  let rescueAt = 0
  let refusals = 0
  /** The refusal that was counted last: each counts once. */
  let judged: ReturnType<FrpcRun['state']> | null = null
  let doubts = 0
  let doubtedAt = -Infinity
  const frpc: FrpcRun = await startFrpc(context, lease, program, changed)

  function changed(): void {
    const state = current()
    if (state.kind === 'serving') {
      downSince = null
      refusals = 0
      audit.write('TunnelAudit.connected', { url: lease.publicUrl })
    } else if (state.kind === 'down') {
      downSince ??= clock.now()
      audit.write('TunnelAudit.lost', { url: lease.publicUrl, code: state.fault.code })
    }
    for (const tell of waiting) tell()
    onChange()
  }

  function current(): LinkState {
    if (ended !== null) return ended
    const state = frpc.state()
    return 'fault' in state ? { kind: 'down', fault: state.fault } : state
  }

  function end(state: NonNullable<typeof ended>): void {
    ended = state
    audit.write(state.kind === 'gone' ? 'TunnelAudit.leaseGone' : 'TunnelAudit.revoked', { url: lease.publicUrl })
    closing.abort()
    // Not one more try with what will not be taken.
    frpc.stop().catch((error: unknown) => log.error('frpc could not be ended', { error: String(error) }))
    changed()
  }

  /** Says that we are there. False where the broker could not be asked. */
  async function beat(timeoutMs: number): Promise<boolean> {
    let answer: Beat
    try {
      answer = await heartbeat(lease, AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]))
    } catch (error) {
      // Visitors come through without the broker. It is asked again, and its last answer is shown with its age.
      log.debug('the heartbeat was not answered', { error: String(error) })
      return false
    }
    if (closing.signal.aborted) return false
    if (answer.kind === 'gone') end({ kind: 'gone' })
    else if (answer.kind === 'revoked') end({ kind: 'over', fault: answer.error })
    else {
      const heard = answer.otherInstanceAt !== otherInstanceAt
      ;({ expiresAt, otherInstanceAt } = answer)
      lastHeartbeatAt = clock.now()
      if (heard) onChange()
    }
    return true
  }

  /** frpc is looked at every second, and mended where it does not mend itself. */
  async function look(): Promise<void> {
    const pid = frpc.pid()
    if (pid !== run.pid) run = { pid, since: clock.now() }
    if (pid !== null && (await isStopped(pid))) return frpc.restart(tunnelErrors.TUNNEL_FRPC_FROZEN())
    const state = frpc.state()
    if (state.kind === 'refused' && state !== judged) {
      judged = state
      return await judgeRefusal(state.fault)
    }
    if (downSince === null || clock.now() < rescueAt) return
    rescueAt = clock.now() + Math.min(RESCUE.most, Math.max(RESCUE.least, (clock.now() - downSince) / RESCUE.share))
    if (isUntrusted(state) && clock.now() - openedAt >= NEW_CERTIFICATE_MS && (await beat(ASK_MS)) && ended === null)
      return end({ kind: 'gone' })
    const isNew = clock.now() - run.since < START_MS
    const isDown = 'fault' in state && !isNew && clock.now() - downSince >= PATIENCE_MS
    // While there is no way to the broker there is none to its server. Once there is, frpc should not sleep on.
    if (isDown && pid !== null && (await beat(ASK_MS)) && frpc.state() === state && 'fault' in state) frpc.restart(state.fault)
  }

  /** The server does not take the lease: the broker knows whether it is good. */
  async function judgeRefusal(fault: XopcError): Promise<void> {
    if (!(await beat(ASK_MS)) || ended !== null) return
    refusals += 1
    if (refusals >= REFUSALS) end({ kind: 'over', fault })
    else if (frpc.pid() !== null) frpc.restart(fault)
  }

  async function repeat(work: () => Promise<void>, ms: () => number): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await clock.sleep(ms(), closing.signal)
        await work()
      } catch (error) {
        if (!closing.signal.aborted) log.error('the tunnel could not be looked after', { error: String(error) })
      }
    }
  }

  const loops = [
    repeat(look, () => LOOK_MS),
    repeat(
      async () => void (await beat(lease.heartbeatIntervalMs)),
      () => lease.heartbeatIntervalMs,
    ),
  ]

  async function serving(ms: number, signal: AbortSignal): Promise<void> {
    const until = AbortSignal.any([signal, AbortSignal.timeout(ms)])
    for (;;) {
      const state = current()
      if (state.kind === 'serving') return
      if (state.kind === 'over') throw state.fault
      if (state.kind === 'gone' || until.aborted) break
      await next(until)
    }
    signal.throwIfAborted()
    const state = current()
    const { serverAddr, serverPort: port } = lease.frpc
    if ('fault' in state) throw state.fault
    throw tunnelErrors.TUNNEL_SERVER_UNREACHABLE({ server: `${serverAddr}:${port}`, port, reason: 'it did not answer in time' })
  }

  async function next(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting.add(resolve)
    signal.addEventListener('abort', () => resolve(), { once: true })
    await promise
    waiting.delete(resolve)
  }

  return {
    lease,
    state: current,
    serving,
    frpcPid: frpc.pid,
    lastHeartbeatAt: () => lastHeartbeatAt,
    leaseExpiresAt: () => expiresAt,
    otherInstanceAt: () => otherInstanceAt,
    doubt() {
      if (clock.now() - doubtedAt > DOUBT.most) doubts = 0
      const wait = Math.min(DOUBT.most, DOUBT.first * 2 ** doubts)
      if (current().kind !== 'serving' || clock.now() - doubtedAt < wait) return
      doubtedAt = clock.now()
      doubts += 1
      const { serverAddr, serverPort: port } = lease.frpc
      const reason = 'nobody comes through it any more'
      frpc.restart(tunnelErrors.TUNNEL_SERVER_UNREACHABLE({ server: `${serverAddr}:${port}`, port, reason }))
    },
    async close() {
      closing.abort()
      await Promise.all([frpc.stop(), ...loops])
    },
  }
}

function isUntrusted(state: ReturnType<FrpcRun['state']>): boolean {
  return 'fault' in state && state.fault.code === 'TUNNEL_SERVER_UNTRUSTED'
}
