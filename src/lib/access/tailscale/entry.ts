import type { ServeConfig, ServeEntry, ServeWish } from '../../binaries/tailscale-serve.ts'

/** How our path of the port stands. */
export type Standing =
  /** It leads to us, as wanted. */
  | { kind: 'ours' }
  /** Nobody has it. */
  | { kind: 'free' }
  /** It led to us, in another way than is wanted now. */
  | { kind: 'stale' }
  /** Somebody else has it, or would be touched by us. */
  | { kind: 'foreign'; entry: ServeEntry }

/** The path that is ours. */
export const MOUNT = '/'

/**
 * Judges what the node serves before anything is changed: a foreign entry is never replaced, and never opened to the internet or closed to it by our
 * doing, which Funnel does to a whole port. `known` are targets that were ours. Pure.
 */
export function standingOf({ entries }: ServeConfig, wish: ServeWish, known: readonly string[]): Standing {
  const ofPort = entries.filter(({ port }) => port === wish.port)
  const ours = (entry: ServeEntry): boolean => entry.mount === MOUNT && !entry.foreground && [wish.target, ...known].includes(entry.target)
  const foreign = ofPort.filter((entry) => !ours(entry))
  const blocking = foreign.find(
    (entry) => entry.mount === null || entry.mount === MOUNT || entry.foreground || entry.funnel || wish.mode === 'funnel',
  )
  if (blocking !== undefined) return { kind: 'foreign', entry: blocking }
  const own = ofPort.find(ours)
  if (own === undefined) return { kind: 'free' }
  return own.target === wish.target && own.funnel === (wish.mode === 'funnel') ? { kind: 'ours' } : { kind: 'stale' }
}

/** An https port that nobody uses, of those that Funnel takes, too; null where all are used. Pure. */
export function otherPort({ entries }: ServeConfig): number | null {
  return [443, 8443, 10_000].find((port) => entries.every((entry) => entry.port !== port)) ?? null
}

/** Whose an entry is, in words. Pure. */
export function describeEntry({ port, mount, target, foreground }: ServeEntry): string {
  const place = mount === null ? `port ${port}` : `port ${port}, path ${mount}`
  return `${place}, leads to ${target}${foreground ? ' (a tailscale serve in a terminal)' : ''}`
}
