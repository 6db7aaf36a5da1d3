/** What a person is asked before something dangerous. */
export interface Danger {
  title: string
  /** Sentences that say what will be possible, or gone. */
  sentences: readonly string[]
  /** The verb again: "Revoke all devices". */
  verb: string
  act(): Promise<unknown>
}
