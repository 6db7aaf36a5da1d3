import type { GatewayEvent } from '../protocol/http-api.ts'
import { clientErrors } from './errors.ts'

/** One message of an event stream. */
export interface Message {
  /** `message` where the stream names none. */
  event: string
  data: string
}

/** Messages from the lines of an event stream; comments, ids and unknown fields are passed over (WHATWG HTML, 9.2.6). Throws what the lines throw. */
export async function* parseMessages(lines: AsyncIterable<string>): AsyncIterable<Message> {
  let data: string[] = []
  let event = 'message'
  for await (const line of lines) {
    if (line.startsWith('data:')) data.push(valueOf(line))
    if (line.startsWith('event:')) event = valueOf(line)
    if (line !== '') continue
    if (data.length > 0) yield { event, data: data.join('\n') }
    data = []
    event = 'message'
  }
}

function valueOf(line: string): string {
  const value = line.slice(line.indexOf(':') + 1)
  return value.startsWith(' ') ? value.slice(1) : value
}

/** Events of `GET /api/events` from its lines. Throws `NOT_XOPC_GATEWAY` for data that is no event. */
export async function* parseEvents(lines: AsyncIterable<string>): AsyncIterable<GatewayEvent> {
  // The whole event is in its data, so its name says nothing new.
  for await (const { data } of parseMessages(lines)) yield toEvent(data)
}

function toEvent(text: string): GatewayEvent {
  const value = parseData(text)
  if (typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'number' && 'type' in value && 'at' in value) {
    // `as`: types that a newer gateway adds pass as they are; whoever reads events skips those it does not know.
    return value as GatewayEvent
  }
  throw clientErrors.NOT_XOPC_GATEWAY({ detail: 'an event in a form that no gateway sends' })
}

/** The JSON of a message. Throws `NOT_XOPC_GATEWAY`. */
export function parseData(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw clientErrors.NOT_XOPC_GATEWAY({ detail: 'an event that is not JSON' }, { cause: error })
  }
}
