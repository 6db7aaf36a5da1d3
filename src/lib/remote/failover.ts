import { setTimeout as delay } from 'node:timers/promises'

/** How several ways are tried. */
export interface Race<Candidate, Result> {
  /** Best first; at least one. */
  candidates: readonly Candidate[]
  /** Index of the one that worked last: it starts together with the better ones. */
  last: number
  /** Milliseconds between two starts; null: the next one starts only where all before it failed. */
  staggerMs: number | null
  attempt(candidate: Candidate, signal: AbortSignal): Promise<Result>
  /** Puts away what came too late. */
  discard(result: Result): void
  signal?: AbortSignal | undefined
}

/** What worked, and which one it was. */
export interface Winner<Result> {
  index: number
  result: Result
}

/** Where a worse one is there first, better ones that still run get this long. Milliseconds. */
const GRACE_MS = 150

/**
 * Tries ways side by side, staggered as in RFC 8305, and gives the best that works: the one that worked last costs no wait, and a better one is
 * taken again once it is back. Rejects with what kept the best one from working (one after the other: the last one), or the signal's reason.
 */
export async function firstThatWorks<Candidate, Result>(race: Race<Candidate, Result>): Promise<Winner<Result>> {
  const { candidates, last, staggerMs, attempt, discard, signal } = race
  const ends = candidates.map(() => new AbortController())
  const together = Math.max(last, 0)
  const tries: Promise<Winner<Result>>[] = []
  const endWorseThan = (index: number): void => {
    for (const each of ends.slice(index + 1)) each.abort(new Error('a better way works'))
  }

  async function run(index: number, candidate: Candidate, stop: AbortSignal): Promise<Winner<Result>> {
    const allBefore = Promise.allSettled(tries.slice(0, index))
    if (index > together) {
      const turn = staggerMs === null ? [] : [delay((index - together) * staggerMs, undefined, { signal: stop })]
      await Promise.race([allBefore, ...turn])
    }
    stop.throwIfAborted()
    const result = await attempt(candidate, stop)
    endWorseThan(index)
    return { index, result }
  }

  for (const [index, candidate] of candidates.entries()) {
    const own = ends[index]?.signal ?? AbortSignal.abort()
    tries.push(run(index, candidate, signal === undefined ? own : AbortSignal.any([own, signal])))
  }
  let taken: Winner<Result> | null = null
  try {
    taken = await best(tries, staggerMs === null)
    return taken
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    endWorseThan(-1)
    // Nobody waits for these any more; what failed has nothing to put away.
    for (const each of tries)
      each.then(
        (winner) => (winner.index === taken?.index ? undefined : discard(winner.result)),
        () => {},
      )
  }
}

async function best<Result>(tries: readonly Promise<Winner<Result>>[], inTurn: boolean): Promise<Winner<Result>> {
  // That all failed is all that `any` tells; why the one that counts did is thrown below.
  const first = await Promise.any(tries).catch(() => null)
  if (first === null) return await at(tries, inTurn ? tries.length - 1 : 0)
  const better = Promise.any(tries.slice(0, first.index)).catch(() => null)
  return (first.index === 0 ? null : await Promise.race([better, delay(GRACE_MS, null)])) ?? first
}

async function at<Result>(tries: readonly Promise<Result>[], index: number): Promise<Result> {
  const found = tries[index]
  if (found === undefined) throw new RangeError('there is nothing to try')
  return await found
}
