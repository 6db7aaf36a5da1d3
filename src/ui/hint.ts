/** What a hint says: words, and what to type where they end with that. */
export interface Directive {
  before: string
  command: string
  /** What stands behind the command in brackets. */
  remark?: string
}

/** A command of ours, of Tailscale, or one that asks for root; greedy, so that it is the last one. */
const directive = /^(.+:) ((?:xopc|tailscale|sudo) [^()]+?)(?: \((.+)\))?$/

/** A hint in its parts; null where it ends with no command. Pure. */
export function directiveIn(hint: string | undefined): Directive | null {
  const [, before, command, remark] = directive.exec(hint ?? '') ?? []
  if (before === undefined || command === undefined) return null
  return { before, command, ...(remark === undefined ? {} : { remark }) }
}
