/** A program to keep running. */
export interface ChildSpec {
  /** Short and unique: `frpc`. */
  name: string
  command: string
  args: readonly string[]
  /** Added to our environment, from which all XOPC_* were taken out. */
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
