import { type JsonLineFile, openJsonLines } from './json-lines.ts'
import type { Clock } from './clock.ts'

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

/** From the most to the least. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const
/** How much is logged. */
export type LogLevel = (typeof logLevels)[number]

/** `XOPC_LOG_LEVEL`; null when it is not one of `logLevels`, `info` when it is not set. */
export function logLevelOf(env: NodeJS.ProcessEnv): LogLevel | null {
  const wanted = (env['XOPC_LOG_LEVEL'] || 'info').toLowerCase()
  return logLevels.find((level) => level === wanted) ?? null
}

/** What a log needs. */
export interface LogOptions {
  path: string
  clock: Pick<Clock, 'now'>
  level?: LogLevel
  /** Secrets in use that cannot be told by their form: a hand-chosen token, a password. Asked for with every line. */
  secrets?: () => Iterable<string>
  /** Each line as it was written, for a terminal. */
  onLine?: (line: string) => void
  /** The log could not be written: called once until it works again. */
  onFailure?: (error: Error) => void
}

/** A log that can be closed. */
export type FileLog = Log & { close(): void }

/** The log in a file: JSON lines `{time, level, message, …}`, rotated, without secrets. Throws `FILE_NOT_WRITABLE`, `DISK_FULL` when it cannot be opened; never later. */
export function createLog(options: LogOptions): FileLog {
  const file = openJsonLines(options)
  return { ...logTo(file, options, {}), close: () => file.close() }
}

/** A log that keeps nothing, for what has its say elsewhere (a command, a test). */
export const silentLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore, child: () => silentLog }

function ignore(): void {
  // Nothing is kept by design.
}

function logTo(file: JsonLineFile, options: LogOptions, bound: LogFields): Log {
  const least = logLevels.indexOf(options.level ?? 'info')
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (logLevels.indexOf(level) < least) return
      file.write({ time: new Date(options.clock.now()).toISOString(), level, message }, { ...bound, ...fields })
    }
  const child = (fields: LogFields) => logTo(file, options, { ...bound, ...fields })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child }
}
