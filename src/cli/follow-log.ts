import type { LogLine } from '../lib/protocol/http-api.ts'
import { renderLogLine } from './render/log-line.ts'
import { jsonText } from './render/json.ts'

/** Prints lines and then those that the log gains, until the process is ended. Throws `FILE_NOT_READABLE`. */
export async function followLog(lines: readonly LogLine[], path: string, json: boolean): Promise<void> {
  const { followLines } = await import('../lib/system/log-follow.ts')
  const print = (line: LogLine): void => void process.stdout.write(`${json ? jsonText(line, 0) : renderLogLine(line)}\n`)
  for (const line of lines) print(line)
  for await (const text of followLines(path, new AbortController().signal)) print(toLogLine(text))
}

/** What is no JSON object (a line cut by a full disk) is shown as it is. */
function toLogLine(text: string): LogLine {
  try {
    const value: unknown = JSON.parse(text)
    // `as`: an object from JSON has string keys and unknown values.
    return typeof value === 'object' && value !== null ? (value as LogLine) : { message: text }
  } catch (error) {
    if (error instanceof SyntaxError) return { message: text }
    throw error
  }
}
