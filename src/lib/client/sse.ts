import type { GatewayEvent } from '../protocol/http-api.ts'
import { clientErrors } from './errors.ts'

/** Events of `GET /api/events` from its lines; comments and unknown fields are passed over (WHATWG HTML, 9.2.6). Throws `NOT_XOPC_GATEWAY` for data that is no event. */
export async function* parseEvents(lines: AsyncIterable<string>): AsyncIterable<GatewayEvent> {
  let data: string[] = []
  for await (const line of lines) {
    if (line.startsWith('data:')) data.push(line.slice(line.startsWith('data: ') ? 6 : 5))
    // The whole event is in its data, so `id:` and `event:` say nothing new.
    if (line !== '' || data.length === 0) continue
    yield toEvent(data.join('\n'))
    data = []
  }
}

function toEvent(text: string): GatewayEvent {
  const value = parse(text)
  if (typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'number' && 'type' in value && 'at' in value) {
    // `as`: types that a newer gateway adds pass as they are; whoever reads events skips those it does not know.
    return value as GatewayEvent
  }
  throw clientErrors.NOT_XOPC_GATEWAY({ detail: 'an event in a form that no gateway sends' })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw clientErrors.NOT_XOPC_GATEWAY({ detail: 'an event that is not JSON' }, { cause: error })
  }
}
