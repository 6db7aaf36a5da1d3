import type { LogLine } from '../../lib/protocol/http-api.ts'
import { cleanText } from '../../lib/protocol/outside-text.ts'

const longest = 2000

/** A log line for a person: time, level, message, then the other fields as `name=value`. Pure. */
export function renderLogLine({ time, level, message, ...fields }: LogLine): string {
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  // Fields hold what strangers sent: paths, names, messages of the app.
  return cleanText(
    [time, level, message, ...rest]
      .filter((part) => part !== undefined)
      .map(String)
      .join(' '),
    longest,
  )
}
