import type { BackoffShape } from './backoff.ts'

/** A program to keep running. */
export interface ChildSpec {
  /** Short and unique: `frpc`. */
  name: string
  command: string
  args: readonly string[]
  /** The whole environment; default ours. XOPC_* is taken out of either. */
  env?: NodeJS.ProcessEnv
  /** Says from a line of output that the program is ready; without it, it is ready once it runs. */
  ready?: (line: string) => boolean
  /** Milliseconds until a start counts as failed; default 10,000. */
  readyTimeoutMs?: number
  /** What its output is never to show: the program knows it, or whoever it speaks with. */
  secrets?: readonly string[]
  /** Each line of its output, cleaned for a terminal and a log. */
  onLine?: (line: string) => void
  /** Before each start; where it throws, that start has failed. */
  before?: () => Promise<void>
  /** Told when it ended, or could not be started, and why (`cause`: what `before` or the start threw); it is started again after that. */
  onEnd?: (reason: string, cause: unknown) => void
  /** How long to wait between starts; default at most a minute. */
  backoff?: BackoffShape
}

/** A program that is kept running until `stop`. */
export interface Supervised {
  readonly name: string
  pid(): number | null
  /** Resolves when ready; rejects with `CHILD_FAILED` when the start that is under way fails. After that it tells of the next start. */
  ready(): Promise<void>
  /** Ends it at once (KILL), also where it hangs; it is started again without a wait. */
  restart(): void
  /** TERM, after `graceMs` (default 3,000) KILL; resolves when it is gone, at the latest 2 s later. */
  stop(graceMs?: number): Promise<void>
}
