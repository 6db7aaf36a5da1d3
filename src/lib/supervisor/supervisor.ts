import { createChildren } from '../state/children.ts'
import type { State } from '../state/store.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import type { ChildSpec, Supervised } from './child.ts'
import { type Keeper, keep } from './keeper.ts'

export type { ChildSpec, Supervised }

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
