import { setTimeout as delay } from 'node:timers/promises'
import type { Xopc } from '../lib/core/xopc.ts'
import type { LogLine } from '../lib/protocol/http-api.ts'
import { renderLogLine } from './render/log-line.ts'
import { jsonText } from './render/json.ts'

/** Between two questions to a gateway elsewhere, milliseconds. */
const AGAIN_MS = 1000
/** Lines asked for; more than a gateway writes in that time. */
const WINDOW = 500

/** Prints lines and then those that the log gains, until the process is ended. Throws `FILE_NOT_READABLE`. */
export async function followLog(lines: readonly LogLine[], path: string, json: boolean): Promise<void> {
  const { followLines } = await import('../lib/system/log-follow.ts')
  print(lines, json)
  for await (const text of followLines(path, new AbortController().signal)) print([toLogLine(text)], json)
}

/** The same for a gateway elsewhere, which is asked again and again. Throws what it answers. */
export async function followLogOf(xopc: Pick<Xopc, 'logs'>, lines: readonly LogLine[], json: boolean): Promise<void> {
  print(lines, json)
  let last = (await xopc.logs(WINDOW)).map((line) => jsonText(line, 0))
  for (;;) {
    await delay(AGAIN_MS)
    const now = await xopc.logs(WINDOW)
    const texts = now.map((line) => jsonText(line, 0))
    print(now.slice(newFrom(texts, last)), json)
    last = texts
  }
}

/** Where the lines begin that were not there before: after the longest end of the old ones that the new ones begin with. Pure. */
export function newFrom(now: readonly string[], before: readonly string[]): number {
  for (let shared = Math.min(now.length, before.length); shared > 0; shared--) {
    const end = before.slice(-shared)
    if (end.every((line, index) => line === now[index])) return shared
  }
  return 0
}

function print(lines: readonly LogLine[], json: boolean): void {
  for (const line of lines) process.stdout.write(`${json ? jsonText(line, 0) : renderLogLine(line)}\n`)
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
