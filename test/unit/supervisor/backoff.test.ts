import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backoffMs } from '../../../src/lib/supervisor/backoff.ts'

describe('back-off', () => {
  it.each([
    [1, 0, 250],
    [1, 0.5, 375],
    [2, 0, 500],
    [3, 0, 1000],
    [7, 0.999, 31_984],
    [8, 0, 30_000],
    [1000, 0, 30_000],
    [0, 0, 250],
  ])('after %i failures, random %d, waits %i ms', (failures, random, ms) => {
    expect(backoffMs(failures, random, { first: 500, most: 60_000 })).toBe(ms)
  })

  it('stays between half and all of its longest wait', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (failures, random) => {
        const ms = backoffMs(failures, random)
        expect(ms).toBeGreaterThanOrEqual(250)
        expect(ms).toBeLessThanOrEqual(60_000)
      }),
    )
  })
})
