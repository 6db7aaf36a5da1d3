import { openJsonLines } from './json-lines.ts'
import type { LogFields, LogOptions } from './log.ts'

/** Names of audit events: `AuthAudit.blocked`, `AccessAudit.enabled`, … */
export type AuditEvent = `${'AccessAudit' | 'AuthAudit' | 'PairAudit' | 'TunnelAudit' | 'ConfigAudit'}.${string}`

/** Writes who did what to `logs/audit.log`, one JSON line each. */
export interface Audit {
  write(event: AuditEvent, fields?: LogFields): void
}

/** An audit log that can be closed. */
export type FileAudit = Audit & { close(): void }

/** The audit log in a file: JSON lines `{time, event, …}`, rotated, without secrets. Throws `FILE_NOT_WRITABLE`, `DISK_FULL` when it cannot be opened; never later. */
export function createAudit(options: Omit<LogOptions, 'level'>): FileAudit {
  const file = openJsonLines(options)
  return {
    write: (event, fields = {}) => file.write({ time: new Date(options.clock.now()).toISOString(), event }, fields),
    close: () => file.close(),
  }
}
