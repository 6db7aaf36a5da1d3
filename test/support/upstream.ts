import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { atEnd } from './cleanup.ts'
import { root } from './build.ts'
import { start } from './run.ts'

/** The streaming app of `test/fixtures/upstream.ts`, running. */
export interface Upstream {
  /** `http://127.0.0.1:<port>`, or `unix:<path>`. */
  readonly url: string
  /** The next line that it printed (`--events`), as JSON. Throws when it ended. */
  next(): Promise<Record<string, unknown>>
  kill(): void
}

/** Starts the app in a process of its own; it ends after the last test of the file. Its flags are described at the top of its file. */
export async function startUpstream(...flags: string[]): Promise<Upstream> {
  const child = start([process.execPath, join(root, 'test/fixtures/upstream.ts'), ...flags], { timeoutMs: 300_000 })
  atEnd(async () => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<Record<string, unknown>> => {
    const { value, done } = await lines.next()
    if (done === true) throw new Error('the app ended')
    // `as`: the fixture prints objects only.
    return JSON.parse(value) as Record<string, unknown>
  }
  return { url: String((await next())['url']), next, kill: () => void child.kill('SIGKILL') }
}
