import { createChildren } from '../state/children.ts'
import type { State } from '../state/store.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import { type Keeper, keep } from './keeper.ts'

/** A program to keep running. */
export interface ChildSpec {
  /** Short and unique: `frpc`. */
  name: string
  command: string
  args: readonly string[]
  /** Added to our environment. */
  env?: Readonly<Record<string, string>>
  /** Says from a line of output that the program is ready; without it, it is ready once it runs. */
  ready?: (line: string) => boolean
  /** Milliseconds until a start counts as failed; default 10,000. */
  readyTimeoutMs?: number
  /** Each line of its output, cleaned for a terminal and a log. */
  onLine?: (line: string) => void
}

/** A program that is kept running until `stop`. */
export interface Supervised {
  readonly name: string
  pid(): number | null
  /** Resolves when ready; rejects with `CHILD_FAILED` when the start that is under way fails. After that it tells of the next start. */
  ready(): Promise<void>
  /** TERM, then KILL; resolves when it is gone, within 5 s. */
  stop(): Promise<void>
}

/** Starts programs, restarts them with back-off, and ends them all. */
export interface Supervisor {
  start(spec: ChildSpec): Supervised
  stopAll(): Promise<void>
}

/** A supervisor that can look for what an earlier one left. */
export type StateSupervisor = Supervisor & {
  /** Ends orphans of an earlier gateway; to be called once, by who holds the lock, before the first start. Throws `FILE_NOT_WRITABLE`. */
  reapOrphans(): Promise<void>
}

/** The supervisor of a gateway: its programs end with it, however it ends, and are recorded in `run/children.json` besides. */
export function createSupervisor(parts: { state: Pick<State, 'paths'>; clock: Clock; log: Log }): StateSupervisor {
  const children = createChildren(parts)
  const keepers = new Map<string, Keeper>()
  return {
    start(spec) {
      if (keepers.has(spec.name)) throw new Error(`${spec.name} is supervised already`)
      const keeper = keep(spec, { ...parts, children, random: Math.random })
      keepers.set(spec.name, keeper)
      void keeper.ended.then(() => keepers.delete(spec.name))
      return keeper
    },
    async stopAll() {
      await Promise.all([...keepers.values()].map(async (keeper) => await keeper.stop()))
    },
    reapOrphans: async () => await children.reap(),
  }
}
