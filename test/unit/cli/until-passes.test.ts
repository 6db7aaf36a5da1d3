import { describe, expect, it } from 'vitest'
import { untilPasses } from '../../../src/cli/until-passes.ts'
import type { Verdict } from '../../../src/lib/protocol/http-api.ts'
import { buffered, failing, passing, refused } from './verdicts.ts'

const bad = failing({ sse: buffered })

/** Tests that come to these, each after a second of a clock that only sleeping and testing move. */
function repetition(verdicts: readonly Verdict[], limitMs = 10_000) {
  let now = 0
  let count = 0
  const left: number[] = []
  const test = async (): Promise<Verdict> => {
    now += 1000
    return verdicts[Math.min(count++, verdicts.length - 1)] ?? bad
  }
  const clock = { now: () => now, sleep: async (ms: number) => void (now += ms) }
  const ended = untilPasses(test, { clock, limitMs, pauseMs: 2000, onFailed: (_, leftMs) => left.push(leftMs) })
  return { ended, left, tests: () => count }
}

describe('a test that is repeated', () => {
  it('ends with the first that passes', async () => {
    const { ended, tests, left } = repetition([bad, bad, passing(), bad])
    expect((await ended).ok).toBe(true)
    expect([tests(), left]).toEqual([3, [9000, 6000]])
  })

  it('ends when the time is up, with the last verdict', async () => {
    const last = failing({ websocket: { status: 'fail', code: 'WEBSOCKET_BLOCKED' } })
    const { ended, tests, left } = repetition([bad, bad, last], 9000)
    expect(await ended).toBe(last)
    expect([tests(), left]).toEqual([3, [8000, 5000]])
  })

  it('is not repeated for an address that is refused', async () => {
    const { ended, tests, left } = repetition([refused])
    expect(await ended).toBe(refused)
    expect([tests(), left]).toEqual([1, []])
  })

  it('gives up a test that outlasts the time, and keeps the verdict before it', async () => {
    let count = 0
    const test = async (signal: AbortSignal): Promise<Verdict> => {
      if (count++ === 0) return bad
      return await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('given up'))))
    }
    const clock = { now: () => 0, sleep: async () => {} }
    expect(await untilPasses(test, { clock, limitMs: 50, pauseMs: 1, onFailed: () => {} })).toBe(bad)
  })

  it('throws what a test throws', async () => {
    const test = async (): Promise<Verdict> => await Promise.reject(new Error('no gateway'))
    const clock = { now: () => 0, sleep: async () => {} }
    await expect(untilPasses(test, { clock, limitMs: 1000, pauseMs: 1, onFailed: () => {} })).rejects.toThrow('no gateway')
  })
})
