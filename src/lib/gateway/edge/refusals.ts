import type { Audit, AuditEvent } from '../../system/audit.ts'
import type { Clock } from '../../system/clock.ts'
import type { LogFields } from '../../system/log.ts'

/** Writes refusals to the audit log, at most ten a second of each kind: whoever causes them must not be able to fill the disk or push out older lines. */
export interface Refusals {
  note(event: AuditEvent, fields: LogFields): void
}

const A_SECOND = 10

/** Refusals of the edge, for the audit log. */
export function createRefusals(given: { audit: Audit; clock: Pick<Clock, 'now'> }): Refusals {
  const seconds = new Map<AuditEvent, { second: number; count: number; suppressed: number }>()
  return {
    note(event, fields) {
      const second = Math.floor(given.clock.now() / 1000)
      const entry = seconds.get(event) ?? { second, count: 0, suppressed: 0 }
      seconds.set(event, entry)
      if (entry.second !== second) Object.assign(entry, { second, count: 0 })
      if (++entry.count > A_SECOND) {
        entry.suppressed++
        return
      }
      given.audit.write(event, entry.suppressed === 0 ? fields : { ...fields, suppressed: entry.suppressed })
      entry.suppressed = 0
    },
  }
}
