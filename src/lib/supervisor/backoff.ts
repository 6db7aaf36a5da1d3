/** How long to wait between starts, milliseconds. */
export interface BackoffShape {
  /** The longest wait after the first failure. */
  first: number
  /** No wait is longer. */
  most: number
}

/** What the supervisor uses: at most half a second at first, a minute later on. */
export const defaultBackoff: BackoffShape = { first: 500, most: 60_000 }

/**
 * How long to wait after `failures` failures in a row (1 or more), milliseconds: twice as long each time up to `most`, and by `random` (0 to
 * below 1) somewhere in the upper half of that, so that many that failed together do not come back together. Pure.
 */
export function backoffMs(failures: number, random: number, shape: BackoffShape = defaultBackoff): number {
  // 2 ** 30 is past every sensible `most`; without the bound a long outage would reach Infinity.
  const longest = Math.min(shape.most, shape.first * 2 ** Math.min(Math.max(failures, 1) - 1, 30))
  return Math.round(longest / 2 + (longest / 2) * random)
}
