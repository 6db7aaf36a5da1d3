import { type Clock, pause } from '../system/clock.ts'
import type { Lease } from './leases.ts'

/** Which run of frpc has which name open at frps. */
export interface Sessions {
  /** Whose run that is, where it has something open: the id of a lease. */
  ownerOf(runId: string): string | undefined
  /** Resolves when no other run has the name open: true, or false where that takes too long. With true it is open for this run. */
  opening(lease: Lease, runId: string): Promise<boolean>
  /** A run was heard of, and its token is good. */
  heard(lease: Lease, runId: string): void
  /** frps has closed what the run had open. */
  closed(subdomain: string, runId: string): void
  isOpen(subdomain: string): boolean
  /** Gives up runs that frps has closed without a word, because nothing came of them for too long. */
  tidy(): void
  /** frps was started anew: nothing is open. */
  forget(): void
  /** Names that are open. */
  count(): number
}

/** How long a new run waits for the end of an older one, milliseconds. Meanwhile frps reads nothing of it, and its own frpc gives up after 15 s without an answer. */
const HANDOVER_MS = 8000
/** frps looks once a second who was not heard of, and tells us a little later. Milliseconds. */
const SLACK_MS = 3000

interface Run {
  readonly id: string
  readonly lease: Lease
  /** The token by which it came; another one has taken its place where that is not the lease's any more. */
  readonly authHash: string
  heardAt: number
  /** With the same id frps takes a new connection before it tells us the end of the old one. */
  count: number
  /** Nothing came of it for too long; another run may have the name. */
  lost: boolean
}

/** The runs in memory. `silentMs`: after so long without a ping frps closes one. */
export function createSessions({ clock, silentMs }: { clock: Clock; silentMs: number }): Sessions {
  const open = new Map<string, Run>()
  const runs = new Map<string, Run>()
  const waiters = new Map<string, Set<() => void>>()

  function wake(subdomain: string): void {
    for (const done of waiters.get(subdomain) ?? []) done()
  }

  function end(run: Run): void {
    const { subdomain } = run.lease
    open.delete(subdomain)
    runs.delete(run.id)
    note(run, false)
    wake(subdomain)
  }

  const isFree = (subdomain: string, runId: string): boolean => {
    const run = open.get(subdomain)
    return run === undefined || run.lost || run.id === runId
  }

  /** Until something of the name ended, or the time is over. */
  async function change(subdomain: string, waitMs: number): Promise<void> {
    const done = new AbortController()
    const own = (): void => done.abort()
    const all = waiters.get(subdomain) ?? new Set()
    waiters.set(subdomain, all.add(own))
    await pause(clock, waitMs, done.signal)
    all.delete(own)
    if (all.size === 0) waiters.delete(subdomain)
  }

  return {
    ownerOf: (runId) => runs.get(runId)?.lease.id,
    async opening(lease, runId) {
      const { subdomain, authHash } = lease
      const until = clock.now() + HANDOVER_MS
      while (!isFree(subdomain, runId)) {
        const left = until - clock.now()
        if (left <= 0) return false
        await change(subdomain, left)
      }
      const before = open.get(subdomain)
      if (before !== undefined && before.id !== runId) end(before)
      const count = before?.id === runId ? before.count + 1 : 1
      const run: Run = { id: runId, lease, authHash, heardAt: clock.now(), count, lost: false }
      open.set(subdomain, run)
      runs.set(runId, run)
      note(run, true)
      return true
    },
    heard(lease, runId) {
      const run = open.get(lease.subdomain)
      if (run?.id !== runId) return
      run.heardAt = clock.now()
      // A computer that slept: frps does not count the time, and has it still.
      if (run.lost) note(run, !(run.lost = false))
    },
    closed(subdomain, runId) {
      const run = open.get(subdomain)
      if (run?.id === runId && --run.count === 0) end(run)
    },
    isOpen: (subdomain) => open.get(subdomain)?.lost === false,
    tidy() {
      const since = clock.now() - silentMs - SLACK_MS
      for (const [subdomain, run] of open) {
        if (run.lost || run.heardAt > since) continue
        run.lost = true
        note(run, false)
        wake(subdomain)
      }
    },
    forget() {
      for (const run of open.values()) end(run)
    },
    count: () => [...open.values()].filter(({ lost }) => !lost).length,
  }
}

/** A lease is connected by its newest token only. */
function note({ lease, authHash }: Run, connected: boolean): void {
  if (lease.authHash === authHash) lease.connected = connected
}
