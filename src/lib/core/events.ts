import type { GatewayEvent } from '../protocol/http-api.ts'
import type { Clock } from '../system/clock.ts'

/** How much is kept, in events. */
export interface EventLimits {
  /** For subscribers that resume. Default 500. */
  kept?: number
  /** For one subscriber that does not read; past it its stream ends, and it may resume. Default 256. */
  queued?: number
}

/** Data of the first event of every stream. */
export interface ConnectedData {
  /** Everything since `lastEventId` follows. False for a new stream, and where some was no longer kept: read the overview anew. */
  resumed: boolean
}

/** Everything that happens, for whoever listens. */
export interface Events {
  /** Adds an event for every subscriber. Throws nothing. */
  publish(type: GatewayEvent['type'], data: unknown): void
  /** First `connected`, then what was missed since `lastEventId` as far as it is kept, then what happens; ends with the signal, with `close`, or when the reader falls behind. */
  subscribe(signal: AbortSignal, lastEventId?: number): AsyncIterable<GatewayEvent>
  /** Ends every stream once its reader has what is queued. */
  close(): void
}

interface Reader {
  push(event: GatewayEvent): void
  end(): void
}

/** Ids start at the time of this call in milliseconds, so that an id of an earlier run is recognised as older than all of this one's. */
export function createEvents(clock: Clock, limits: EventLimits = {}): Events {
  const { kept = 500, queued = 256 } = limits
  const ring: GatewayEvent[] = []
  const readers = new Set<Reader>()
  let lastId = clock.now()
  let closed = false

  function publish(type: GatewayEvent['type'], data: unknown): void {
    const event = { id: ++lastId, type, at: isoNow(clock), data }
    ring.push(event)
    if (ring.length > kept) ring.shift()
    for (const reader of readers) reader.push(event)
  }

  function connected(lastEventId: number | undefined): GatewayEvent[] {
    const resume = resumeFrom(ring, lastId, lastEventId)
    // The id goes no further than what the reader has, so that resuming from `connected` itself loses nothing.
    const id = lastId - resume.events.length
    return [{ id, type: 'connected', at: isoNow(clock), data: { resumed: resume.resumed } satisfies ConnectedData }, ...resume.events]
  }

  function subscribe(signal: AbortSignal, lastEventId?: number): AsyncIterable<GatewayEvent> {
    const queue = createQueue(connected(lastEventId), queued + kept)
    if (closed || signal.aborted) queue.end()
    else readers.add(queue)
    const leave = (): void => {
      readers.delete(queue)
      signal.removeEventListener('abort', abort)
    }
    const abort = (): void => {
      queue.drop()
      leave()
    }
    signal.addEventListener('abort', abort, { once: true })
    return { [Symbol.asyncIterator]: () => queue.iterate(leave) }
  }

  function close(): void {
    closed = true
    for (const reader of readers) reader.end()
    readers.clear()
  }

  return { publish, subscribe, close }
}

function isoNow(clock: Clock): string {
  return new Date(clock.now()).toISOString()
}

function resumeFrom(
  ring: readonly GatewayEvent[],
  lastId: number,
  lastEventId: number | undefined,
): { events: GatewayEvent[]; resumed: boolean } {
  if (lastEventId === undefined) return { events: [], resumed: false }
  const oldest = ring[0]?.id ?? lastId + 1
  if (lastEventId > lastId || lastEventId < oldest - 1) return { events: [...ring], resumed: false }
  return { events: ring.filter((event) => event.id > lastEventId), resumed: true }
}

function createQueue(
  first: GatewayEvent[],
  limit: number,
): Reader & { drop(): void; iterate(leave: () => void): AsyncIterator<GatewayEvent> } {
  let waiting = first
  let ended = false
  let wake: (() => void) | null = null
  const rouse = (): void => {
    wake?.()
    wake = null
  }
  const end = (): void => {
    ended = true
    rouse()
  }
  return {
    push(event) {
      if (ended) return
      waiting.push(event)
      // A reader this far behind would cost memory without bound; it comes back with Last-Event-ID.
      if (waiting.length > limit) end()
      rouse()
    },
    end,
    drop() {
      waiting = []
      end()
    },
    iterate: (leave) => ({
      async next() {
        while (waiting.length === 0 && !ended) await new Promise<void>((resolve) => (wake = resolve))
        const value = waiting.shift()
        if (value !== undefined) return { done: false, value }
        leave()
        return { done: true, value: undefined }
      },
      async return() {
        waiting = []
        end()
        leave()
        return { done: true, value: undefined }
      },
    }),
  }
}
