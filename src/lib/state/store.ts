import type { StatePaths } from '../system/paths.ts'

/** The state folder, opened: its modes and owner were checked. */
export interface State {
  readonly paths: StatePaths
  /** The folder of sockets and lock, 0700, short enough for socket paths. */
  readonly runDir: string
}
