/** Fields of a log line besides level, time and message. Never a secret, never a query string. */
export type LogFields = Readonly<Record<string, unknown>>

/** Writes JSON lines. */
export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** The same log with fields added to every line. */
  child(fields: LogFields): Log
}
