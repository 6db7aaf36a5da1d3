import type { ConfigReload } from '../protocol/http-api.ts'
import { takeOf } from './reload-table.ts'
import type { Config } from './schema.ts'
import { changedPaths, valueAt, withValue } from './tree.ts'
import { toSegments } from './problems.ts'

/** What the running gateway makes of a new configuration. */
export interface Transition {
  /** What is in effect from now on: the new values, but the old ones of keys that need a restart. */
  config: Config
  reload: ConfigReload
}

/** Sorts the changed keys by what they take. Pure. */
export function transition(running: Config, next: Config): Transition {
  const changed = changedPaths(running, next)
  const of = (take: ReturnType<typeof takeOf>): string[] => changed.filter((path) => takeOf(path) === take)
  const restartNeeded = of('restart needed')
  const kept = restartNeeded.reduce<unknown>((tree, path) => withValue(tree, toSegments(path), valueAt(running, toSegments(path))), next)
  // `as`: each value was taken from the same place of another Config.
  return { config: kept as Config, reload: { ok: true, applied: of('applied'), rebound: of('rebound'), restartNeeded, problems: [] } }
}

/** A reload that changed nothing because of problems. */
export function failedReload(problems: ConfigReload['problems']): ConfigReload {
  return { ok: false, applied: [], rebound: [], restartNeeded: [], problems }
}
