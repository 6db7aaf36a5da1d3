import type { ServerResponse } from 'node:http'
import type { Xopc } from '../../core/xopc.ts'
import type { GatewayEvent, IngressId } from '../../protocol/http-api.ts'
import { encodeEvent, HEARTBEAT } from '../../protocol/sse.ts'
import type { Clock } from '../../system/clock.ts'
import type { Log } from '../../system/log.ts'
import type { Exchange } from '../edge/exchange.ts'

/** Events kept for `Last-Event-ID`. */
const KEPT = 256
/** Bytes a subscriber may lag behind before it is cut off; it comes back with `Last-Event-ID`. */
const MAX_LAG_BYTES = 64 * 1024
const HEARTBEAT_MS = 15_000
const HEARTBEAT_CHUNK = Buffer.from(HEARTBEAT)

/** Headers of an event stream; `X-Accel-Buffering` tells nginx and kin to pass events on at once. */
export const SSE_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
} as const

/** What streams are made of. */
export interface HubParts {
  xopc: Pick<Xopc, 'events'>
  clock: Clock
  log: Log
  version: string
  /** Whether what opened the stream is still good; asked with each heartbeat. */
  alive(subscriber: Subscriber): boolean
}

/** Who reads a stream, and by which door. */
export type Subscriber = Pick<Exchange, 'ingress' | 'principal'>

/** One subscription to the gateway's events, fanned out to every event stream. */
export interface StreamHub {
  /** Takes the response over; headers must not be sent yet. With an id, sends what came after it as far as it is kept; `connected` says whether that was all (`resumed`). */
  add(response: ServerResponse, exchange: Subscriber, lastEventId: number | null): void
  /** Streams open now; of one ingress, or of all. */
  size(ingress?: IngressId): number
  /** Ends the streams of everybody that the test picks. */
  endWhere(test: (subscriber: Subscriber) => boolean): void
  /** Tells `gateway.stopping` and ends every stream. */
  close(): void
}

interface Kept {
  id: number
  chunk: Buffer
}

/** Makes the hub: each event is turned into bytes once, one timer serves every heartbeat. */
export function createStreamHub({ xopc, clock, log, version, alive }: HubParts): StreamHub {
  const subscribers = new Map<ServerResponse, Subscriber>()
  const ending = new Set<ServerResponse>()
  const kept: Kept[] = []
  const stop = new AbortController()
  let lastId = 0
  let farewell = false

  function broadcast(chunk: Buffer): void {
    for (const response of subscribers.keys()) send(response, chunk)
  }

  function send(response: ServerResponse, chunk: Buffer): void {
    if (response.writableLength <= MAX_LAG_BYTES) return void response.write(chunk)
    subscribers.delete(response)
    response.destroy()
  }

  /** Who does not read to the end until the next heartbeat is cut off. */
  function finish(response: ServerResponse, last?: string): void {
    subscribers.delete(response)
    ending.add(response)
    response.end(last)
  }

  function publish(event: GatewayEvent): void {
    lastId = event.id
    farewell ||= event.type === 'gateway.stopping'
    const chunk = Buffer.from(encodeEvent(event))
    kept.push({ id: event.id, chunk })
    if (kept.length > KEPT) kept.shift()
    broadcast(chunk)
    const gone = revokedIn(event)
    if (gone !== null) endWhere(({ principal }) => principal.id === `device:${gone}`)
  }

  function endWhere(test: (subscriber: Subscriber) => boolean): void {
    for (const [response, subscriber] of subscribers) if (test(subscriber)) finish(response)
  }

  async function follow(): Promise<void> {
    // From the first kept event, so that a client of an earlier hub can resume too.
    for await (const event of xopc.events(stop.signal, 0)) {
      if (event.type !== 'connected') publish(event)
    }
  }

  async function beat(): Promise<void> {
    while (!stop.signal.aborted) {
      await clock.sleep(HEARTBEAT_MS, stop.signal)
      for (const response of ending) response.destroy()
      for (const [response, subscriber] of subscribers) if (!alive(subscriber)) finish(response)
      broadcast(HEARTBEAT_CHUNK)
    }
  }

  function run(task: Promise<void>): void {
    task.catch((error: unknown) => {
      if (!stop.signal.aborted) log.error('The event streams broke off', { error })
    })
  }

  run(follow())
  run(beat())

  return {
    add(response, { ingress, principal }, lastEventId) {
      response.on('close', () => (subscribers.delete(response), ending.delete(response)))
      response.writeHead(200, SSE_HEADERS)
      const missed = lastEventId === null ? [] : kept.filter((event) => event.id > lastEventId)
      const id = missed[0] === undefined ? lastId : missed[0].id - 1
      const resumed = lastEventId === id
      response.write(encodeEvent({ id, type: 'connected', at: new Date(clock.now()).toISOString(), data: { version, resumed } }))
      for (const event of missed) response.write(event.chunk)
      subscribers.set(response, { ingress, principal })
    },
    size: (ingress) =>
      ingress === undefined
        ? subscribers.size
        : subscribers
            .values()
            .filter((each) => each.ingress === ingress)
            .toArray().length,
    endWhere,
    close() {
      if (stop.signal.aborted) return
      stop.abort()
      const at = new Date(clock.now()).toISOString()
      const last = encodeEvent({ id: lastId + 1, type: 'gateway.stopping', at, data: {} })
      for (const response of subscribers.keys()) finish(response, farewell ? undefined : last)
    },
  }
}

/** The device whose streams end with this event, also those that a ticket of it opened; null for every other event. */
function revokedIn({ type, data }: GatewayEvent): string | null {
  if (type !== 'device.revoked' || typeof data !== 'object' || data === null || !('id' in data)) return null
  return typeof data.id === 'string' ? data.id : null
}
