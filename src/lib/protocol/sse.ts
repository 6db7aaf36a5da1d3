import type { GatewayEvent } from './http-api.ts'

/** Comment that keeps a quiet stream open; sent every 15 s. */
export const HEARTBEAT = ': heartbeat\n\n'

/** One event as `text/event-stream`: id, the type as its name, and the whole event as data. Throws nothing. */
export function encodeEvent(event: GatewayEvent): string {
  // JSON has no raw newline, so one data line always suffices.
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
}
