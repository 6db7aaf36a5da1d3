import type { AccessDefinition } from '../access/access-method.ts'
import type { Config } from '../config/schema.ts'
import { toSegments } from '../config/problems.ts'
import { valueAt } from '../config/tree.ts'
import type { AccessId } from '../protocol/http-api.ts'
import { accessMethods } from './intents.ts'

/** That a way in is asked for (anew, or in another way), or no longer; `settings` are those that say so, as they are or were. */
export interface Wanted {
  event: 'AccessAudit.wanted' | 'AccessAudit.unwanted'
  method: AccessId
  settings: Readonly<Record<string, unknown>>
}

/**
 * What a change of the configuration asks for, whoever made it: a command, the page, an editor. For the audit log, where a program finds what it
 * may open again (`lib/mcp`). `before` is null at a start. Pure.
 */
export function wantedBy(before: Config | null, after: Config): Wanted[] {
  return accessMethods.flatMap((method) => changeOf(method, before, after) ?? [])
}

function changeOf({ id, intended, settingsOff }: AccessDefinition, before: Config | null, after: Config): Wanted | null {
  const keys = Object.keys(settingsOff())
  const was = before !== null && intended(before) ? settingsAt(before, keys) : null
  const is = intended(after) ? settingsAt(after, keys) : null
  if (JSON.stringify(is) === JSON.stringify(was)) return null
  if (is !== null) return { event: 'AccessAudit.wanted', method: id, settings: is }
  return was === null ? null : { event: 'AccessAudit.unwanted', method: id, settings: was }
}

function settingsAt(config: Config, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key, valueAt(config, toSegments(key))]))
}
