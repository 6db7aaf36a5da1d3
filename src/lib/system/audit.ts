import type { LogFields } from './log.ts'

/** Names of audit events: `AuthAudit.blocked`, `AccessAudit.enabled`, … */
export type AuditEvent = `${'AccessAudit' | 'AuthAudit' | 'PairAudit' | 'TunnelAudit' | 'ConfigAudit'}.${string}`

/** Writes who did what to `logs/audit.log`, one JSON line each. */
export interface Audit {
  write(event: AuditEvent, fields?: LogFields): void
}
