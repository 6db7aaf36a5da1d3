import { describe, expect, it } from 'vitest'
import { createEvents, type Events } from '../../../src/lib/core/events.ts'
import type { GatewayEvent } from '../../../src/lib/protocol/http-api.ts'
import { handClock } from './hand-clock.ts'

const start = 1_000_000

function events(limits: { kept?: number; queued?: number } = {}): Events {
  return createEvents(handClock(start), limits)
}

async function take(stream: AsyncIterable<GatewayEvent>, count: number): Promise<GatewayEvent[]> {
  const taken: GatewayEvent[] = []
  for await (const event of stream) if (taken.push(event) === count) break
  return taken
}

function publish(to: Events, count: number): void {
  for (let number = 1; number <= count; number++) to.publish('access.state', { number })
}

const never = (): AbortSignal => new AbortController().signal

describe('events', () => {
  it('begin with connected, then come as they happen, ids rising by one', async () => {
    const all = events()
    publish(all, 1)
    const stream = all.subscribe(never())
    publish(all, 2)
    const taken = await take(stream, 3)
    expect(taken.map(({ type }) => type)).toEqual(['connected', 'access.state', 'access.state'])
    expect(taken.map(({ id }) => id)).toEqual([start + 1, start + 2, start + 3])
    expect(taken[0]?.data).toEqual({ resumed: false })
  })

  const resumes: [what: string, published: number, lastEventId: number, ids: number[], resumed: boolean][] = [
    ['nothing was missed', 3, start + 3, [start + 3], true],
    ['two were missed', 3, start + 1, [start + 1, start + 2, start + 3], true],
    ['from the very first id', 3, start, [start, start + 1, start + 2, start + 3], true],
    ['more was missed than is kept', 9, start + 2, [start + 4, start + 5, start + 6, start + 7, start + 8, start + 9], false],
    ['the id belongs to an earlier run', 2, 17, [start, start + 1, start + 2], false],
    ['the id was never given out', 2, start + 99, [start, start + 1, start + 2], false],
  ]
  it.each(resumes)('resume where %s', async (_what, published, lastEventId, ids, resumed) => {
    const all = events({ kept: 5 })
    publish(all, published)
    const taken = await take(all.subscribe(never(), lastEventId), ids.length)
    expect(taken.map(({ id }) => id)).toEqual(ids)
    expect(taken[0]).toMatchObject({ type: 'connected', data: { resumed } })
  })

  it('end with the signal, also while the reader waits', async () => {
    const abort = new AbortController()
    const stream = events().subscribe(abort.signal)
    const all = take(stream, 99)
    setImmediate(() => abort.abort())
    expect(await all).toHaveLength(1)
  })

  it('end at once for a signal that is over already', async () => {
    const taken = await take(events().subscribe(AbortSignal.abort()), 99)
    expect(taken.map(({ type }) => type)).toEqual(['connected'])
  })

  it('end when they are closed, after what is queued', async () => {
    const all = events()
    const stream = all.subscribe(never())
    all.publish('gateway.stopping', {})
    all.close()
    expect((await take(stream, 99)).map(({ type }) => type)).toEqual(['connected', 'gateway.stopping'])
    expect(await take(all.subscribe(never()), 99)).toHaveLength(1)
  })

  it('of a reader that does not read end once its queue is full, and do not grow further', async () => {
    const all = events({ kept: 5, queued: 10 })
    const stream = all.subscribe(never())
    publish(all, 1000)
    const taken = await take(stream, 2000)
    expect(taken.length).toBeLessThanOrEqual(16)
    // It may come back with its last id and hears that something is missing.
    const again = await take(all.subscribe(never(), taken.at(-1)?.id), 6)
    expect(again[0]?.data).toEqual({ resumed: false })
  })

  it('reach every subscriber', async () => {
    const all = events()
    const streams = [1, 2, 3].map(() => all.subscribe(never()))
    publish(all, 1)
    for (const stream of streams) expect(await take(stream, 2)).toHaveLength(2)
  })

  it('of an earlier run never look like this run’s', async () => {
    const first = createEvents(handClock(start))
    publish(first, 50)
    const [, last] = await take(first.subscribe(never(), start + 49), 2)
    const second = createEvents(handClock(start + 5000))
    publish(second, 50)
    const [connected] = await take(second.subscribe(never(), last?.id), 1)
    expect(connected?.data).toEqual({ resumed: false })
  })
})
