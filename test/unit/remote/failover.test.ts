import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { firstThatWorks, type Race } from '../../../src/lib/remote/failover.ts'

/** What a way does when it is tried: after so many milliseconds it works, fails with this, or (`hangs`) waits for its signal. */
interface Behaviour {
  after?: number
  fails?: string
  hangs?: true
  /** Goes on although it was told to end. */
  deaf?: true
}

interface Outcome {
  won: number | string
  /** When each was started, in milliseconds from the beginning; null where it was not. */
  started: (number | null)[]
  discarded: number[]
  aborted: number[]
  ms: number
}

/** Lets ways race and gives what came of it, once nothing of it runs any more. */
async function race(
  ways: readonly Behaviour[],
  options: Partial<Pick<Race<number, number>, 'last' | 'staggerMs' | 'signal'>> = {},
): Promise<Outcome> {
  const begin = performance.now()
  const outcome: Outcome = { won: -1, started: ways.map(() => null), discarded: [], aborted: [], ms: 0 }
  const running: Promise<unknown>[] = []

  async function attempt(index: number, signal: AbortSignal): Promise<number> {
    outcome.started[index] = performance.now() - begin
    const { after = 0, fails, hangs, deaf } = ways[index] ?? {}
    try {
      await delay(hangs === true ? 60_000 : after, undefined, deaf === true ? {} : { signal })
    } catch (error) {
      outcome.aborted.push(index)
      throw error
    }
    if (fails !== undefined) throw new Error(fails)
    return index
  }

  try {
    const winner = await firstThatWorks({
      candidates: ways.map((_, index) => index),
      last: -1,
      staggerMs: 60,
      attempt: (index, signal) => {
        const tried = attempt(index, signal)
        running.push(tried.catch(() => {}))
        return tried
      },
      discard: (index) => outcome.discarded.push(index),
      ...options,
    })
    expect(winner.result).toBe(winner.index)
    outcome.won = winner.index
  } catch (error) {
    outcome.won = error instanceof Error ? error.message : String(error)
  }
  outcome.ms = performance.now() - begin
  await Promise.all(running)
  await delay(0)
  return outcome
}

const ordered = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b)
const isOn = (started: number | null | undefined): boolean => typeof started === 'number'

describe('ways side by side', () => {
  it('the best one wins, and no other is started where it works at once', async () => {
    const { won, started, discarded } = await race([{}, {}, {}])
    expect([won, started.map(isOn), discarded]).toEqual([0, [true, false, false], []])
  })

  it('the next one starts after the stagger where nothing came yet, and the better one still wins within the grace', async () => {
    const { won, started, ms } = await race([{ after: 120 }, {}, {}])
    expect(won).toBe(0)
    expect(started[1]).toBeGreaterThanOrEqual(58)
    expect(ms).toBeLessThan(210)
  })

  it('the next one starts at once where the better one fails', async () => {
    const { won, started } = await race([{ fails: 'first' }, { fails: 'second' }, {}], { staggerMs: 5_000 })
    expect(won).toBe(2)
    expect(started[2]).toBeLessThan(1_000)
  })

  it('a worse one wins where the better one hangs, after the stagger and the grace', async () => {
    const { won, ms, aborted } = await race([{ hangs: true }, {}])
    expect([won, aborted]).toEqual([1, [0]])
    expect(ms).toBeGreaterThanOrEqual(60 + 145)
    expect(ms).toBeLessThan(1_000)
  })

  it('a worse one wins at once where every better one has failed', async () => {
    const { won, ms } = await race([{ after: 20, fails: 'first' }, { after: 20 }], { staggerMs: 10 })
    expect(won).toBe(1)
    expect(ms).toBeLessThan(145)
  })

  it('one that failed does not win, however fast', async () => {
    expect((await race([{ after: 150 }, { fails: 'another key' }], { staggerMs: 10 })).won).toBe(0)
    expect((await race([{ fails: 'another key' }, { after: 30 }], { staggerMs: 10 })).won).toBe(1)
  })

  it('where all fail, it is told what kept the best one', async () => {
    expect((await race([{ after: 40, fails: 'first' }, { fails: 'second' }, { fails: 'third' }], { staggerMs: 5 })).won).toBe('first')
    expect((await race([{ fails: 'only' }])).won).toBe('only')
  })
})

describe('the one that worked last', () => {
  it('starts together with the better ones', async () => {
    const { started } = await race([{ hangs: true }, { hangs: true }, {}], { last: 2, staggerMs: 5_000 })
    expect(started.every((ms) => ms !== null && ms < 1_000)).toBe(true)
  })

  it('wins where the better one does not answer, without a stagger', async () => {
    const { won, ms } = await race([{ hangs: true }, {}], { last: 1, staggerMs: 5_000 })
    expect(won).toBe(1)
    expect(ms).toBeLessThan(1_000)
  })

  it('gives way to a better one that is back within the grace', async () => {
    expect((await race([{ after: 60 }, {}], { last: 1 })).won).toBe(0)
    expect((await race([{ after: 60 }, { after: 30 }, {}], { last: 2 })).won).toBe(1)
  })

  it('is not waited for by those behind it longer than any other', async () => {
    const { won, started } = await race([{ fails: 'first' }, { fails: 'last' }, {}], { last: 1, staggerMs: 5_000 })
    expect(won).toBe(2)
    expect(started[2]).toBeLessThan(1_000)
  })
})

describe('what is late', () => {
  it('is put away, and only that', async () => {
    const { won, discarded } = await race([{ deaf: true, after: 300 }, {}], { staggerMs: 10 })
    expect([won, discarded]).toEqual([1, [0]])
    const worse = await race([{ after: 60 }, { deaf: true, after: 200 }, {}], { staggerMs: 10, last: 2 })
    expect([worse.won, ordered(worse.discarded)]).toEqual([0, [1, 2]])
  })

  it('is told to end', async () => {
    const { won, aborted, discarded } = await race([{ hangs: true }, { hangs: true }, {}], { staggerMs: 10 })
    expect([won, ordered(aborted), discarded]).toEqual([2, [0, 1], []])
  })

  it('is not started any more', async () => {
    const { won, started } = await race([{ after: 30 }, {}, {}], { staggerMs: 80 })
    expect([won, started.map(isOn)]).toEqual([0, [true, false, false]])
    await delay(200)
    expect(started.map(isOn)).toEqual([true, false, false])
  })
})

describe('one after the other', () => {
  it('the next one starts only where all before it failed', async () => {
    const { won, started } = await race([{ after: 80, fails: 'first' }, {}, {}], { staggerMs: null })
    expect([won, started.map(isOn)]).toEqual([1, [true, true, false]])
    expect(started[1]).toBeGreaterThanOrEqual(78)
  })

  it('where all fail, it is told what kept the last one', async () => {
    expect((await race([{ fails: 'first' }, { fails: 'last' }], { staggerMs: null })).won).toBe('last')
  })
})

describe('a signal', () => {
  it('ends everything with its reason', async () => {
    const stop = new AbortController()
    setTimeout(() => stop.abort(new Error('enough')), 40)
    const { won, aborted, started, ms } = await race([{ hangs: true }, { hangs: true }], { staggerMs: 5_000, signal: stop.signal })
    expect([won, aborted, started.map(isOn)]).toEqual(['enough', [0], [true, false]])
    expect(ms).toBeLessThan(2_000)
  })

  it('that came before starts nothing', async () => {
    const { won, started } = await race([{}, {}], { signal: AbortSignal.abort(new Error('before')) })
    expect([won, started]).toEqual(['before', [null, null]])
  })

  it('that comes later changes nothing', async () => {
    const stop = new AbortController()
    const { won } = await race([{}], { signal: stop.signal })
    stop.abort()
    expect(won).toBe(0)
  })
})
