import { PassThrough } from 'node:stream'
import { ServerResponse, IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createStreamHub, type Subscriber } from '../../../src/lib/gateway/control/streams.ts'
import { openStream, quietLog, startHouse } from './house.ts'

const by = 'socket' as const

/** The events of a stream's text. */
function eventsOf(text: string): { id: number; type: string; data: Record<string, unknown> }[] {
  return [...text.matchAll(/^data: (.*)$/gm)].map(
    ([, json]) => JSON.parse(json ?? '') as { id: number; type: string; data: Record<string, unknown> },
  )
}

describe('/api/events', () => {
  it('says connected first, then each event as it happens', async () => {
    const house = await startHouse()
    const stream = await openStream(house, '/api/events', { by })
    expect(stream.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
      'cache-control': 'no-store',
    })
    expect(stream.headers['access-control-allow-origin']).toBeUndefined()
    await stream.until((text) => text.includes('event: connected'))
    house.xopc.emit('access.state', { id: 'lan' })
    const text = await stream.until((text) => text.includes('event: access.state'))
    expect(eventsOf(text).map(({ type }) => type)).toEqual(['connected', 'access.state'])
    expect(text).toMatch(/^id: 1\nevent: access.state\ndata: /m)
  })

  it('resumes after Last-Event-ID', async () => {
    const house = await startHouse()
    const first = await openStream(house, '/api/events', { by })
    for (const index of [1, 2, 3]) house.xopc.emit('access.state', { index })
    await first.until((text) => eventsOf(text).length === 4)
    first.close()
    house.xopc.emit('access.state', { index: 4 })
    const second = await openStream(house, '/api/events', { by, headers: { 'last-event-id': '2' } })
    const text = await second.until((text) => eventsOf(text).length === 3)
    const [connected, ...missed] = eventsOf(text)
    expect(connected).toMatchObject({ id: 2, type: 'connected', data: { resumed: true } })
    expect(missed.map(({ id }) => id)).toEqual([3, 4])
  })

  it.each([
    ['an id of another life of the gateway', '9000'],
    ['no id of ours', 'abc'],
  ])('starts from now with %s', async (_title, id) => {
    const house = await startHouse()
    const stream = await openStream(house, '/api/events', { by, headers: { 'last-event-id': id } })
    const [connected] = eventsOf(await stream.until((text) => text.includes('connected')))
    expect(connected?.data).toMatchObject({ resumed: false })
  })

  it('says gateway.stopping last', async () => {
    const house = await startHouse()
    const stream = await openStream(house, '/api/events', { by })
    await stream.until((text) => text.includes('connected'))
    const [text] = await Promise.all([stream.ended, house.gateway.stop()])
    expect(eventsOf(text).at(-1)?.type).toBe('gateway.stopping')
  })

  it('is bounded in number, but never on the control socket', async () => {
    const house = await startHouse({ maxSseConnections: 1 })
    const headers = { authorization: `Bearer ${house.token}` }
    const first = await openStream(house, '/api/events', { headers })
    expect((await openStream(house, '/api/events', { headers })).status).toBe(503)
    expect((await openStream(house, '/api/events', { by })).status).toBe(200)
    expect(house.gateway.counts().sse).toBe(2)
    first.close()
    await expect.poll(() => house.gateway.counts().sse).toBe(1)
    expect((await openStream(house, '/api/events', { headers })).status).toBe(200)
  })
})

describe('the hub', () => {
  const everyone: Subscriber = { ingress: 'control', principal: { kind: 'owner', id: 'owner', scopes: new Set() } }

  function held(): { clock: Parameters<typeof createStreamHub>[0]['clock']; tick(): void } {
    let wake: (() => void) | null = null
    const sleep = (_ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        wake = resolve
        signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true })
      })
    return { clock: { now: () => 0, sleep }, tick: () => wake?.() }
  }

  function reader(): { response: ServerResponse; text(): string; wire: PassThrough } {
    const response = new ServerResponse(new IncomingMessage(new Socket()))
    const wire = new PassThrough({ highWaterMark: 1 << 24 })
    let text = ''
    wire.on('data', (chunk: Buffer) => (text += chunk.toString()))
    // ServerResponse writes to anything that has a socket's methods.
    response.assignSocket(wire as unknown as Socket)
    return { response, text: () => text, wire }
  }

  function hubWith(alive = () => true) {
    const { clock, tick } = held()
    const events: { push(index: number): void } = { push: () => {} }
    const hub = createStreamHub({
      xopc: {
        async *events(signal) {
          for (let id = 1; !signal.aborted; id++) {
            await new Promise<void>((resolve) => {
              events.push = () => resolve()
              signal.addEventListener('abort', () => resolve(), { once: true })
            })
            if (!signal.aborted) yield { id, type: 'access.state', at: '', data: 'x'.repeat(20_000) }
          }
        },
      },
      clock,
      log: quietLog,
      version: '1',
      alive,
    })
    return { hub, tick, events }
  }

  it('sends every stream a comment with each heartbeat', async () => {
    const { hub, tick } = hubWith()
    const { response, text } = reader()
    hub.add(response, everyone, null)
    tick()
    await expect.poll(text).toContain(': heartbeat\n\n')
    hub.close()
  })

  it('ends a stream at the next heartbeat after its credential died', async () => {
    let good = true
    const { hub, tick } = hubWith(() => good)
    const { response } = reader()
    hub.add(response, everyone, null)
    good = false
    tick()
    await expect.poll(() => response.writableEnded).toBe(true)
    hub.close()
  })

  it('cuts off who does not read, instead of keeping everything for them', async () => {
    const { hub, events } = hubWith()
    const { response, wire } = reader()
    wire.pause()
    wire.removeAllListeners('data')
    hub.add(response, everyone, null)
    for (let index = 0; index < 2_000 && !response.destroyed; index++) {
      events.push(index)
      await new Promise(setImmediate)
    }
    expect(response.destroyed).toBe(true)
    hub.close()
  })
})
