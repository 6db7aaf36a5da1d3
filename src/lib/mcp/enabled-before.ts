import type { EnableOptions } from '../core/xopc.ts'
import { isRecord } from '../protocol/fields.ts'
import type { AccessId, LogLine } from '../protocol/http-api.ts'

type Settings = Readonly<Record<string, unknown>>

/** How each method is switched on the way that its settings were. */
const ways = {
  tailscale: ({ 'gateway.tailscale.mode': mode }) => (mode === 'serve' || mode === 'funnel' ? { mode } : null),
  lan: ({ 'gateway.bind': bind }) => (typeof bind !== 'string' ? null : bind === 'lan' ? {} : { address: bind }),
  proxy: ({ 'gateway.publicUrl': url }) => (typeof url === 'string' ? { url } : null),
  // At the broker that is set: a model names none.
  tunnel: ({ 'tunnel.enabled': enabled }) => (enabled === true ? {} : null),
} satisfies Record<AccessId, (settings: Settings) => EnableOptions | null>

const events: readonly unknown[] = ['AccessAudit.wanted', 'AccessAudit.unwanted']

/**
 * How a method was switched on the last time, by the lines of the audit log (oldest first); null where it never was. Nothing is read there that a
 * model could have chosen: through `xopc mcp` a method comes on only as a line of before has it, so the first such line is a person's. Pure.
 */
export function enabledBefore(lines: readonly LogLine[], method: AccessId): EnableOptions | null {
  const last = lines.findLast((line) => events.includes(line['event']) && line['method'] === method && isRecord(line['settings']))
  const settings = last?.['settings']
  return isRecord(settings) ? ways[method](settings) : null
}
