import type { ServerResponse } from 'node:http'
import { z } from 'zod'
import type { TestOptions } from '../../core/xopc.ts'
import type { Verdict } from '../../protocol/http-api.ts'
import type { Call } from './route.ts'
import { SSE_HEADERS } from './streams.ts'

/** What may be asked of a staged test. */
export const testBody = z.strictObject({ idle: z.int().min(1).max(600).optional() })

/** Runs a test for a request: the verdict alone, or each stage as it ends where an event stream is asked for. A test ends with who asked for it. */
export async function answerTest(
  call: Call<z.output<typeof testBody>, unknown>,
  run: (options: TestOptions) => Promise<Verdict>,
): Promise<Verdict | undefined> {
  const { idle } = call.body
  const { signal } = call
  const options = { signal, ...(idle === undefined ? {} : { idle }) }
  try {
    const streams = (call.request.headers.accept ?? '').includes('text/event-stream')
    return streams ? await streamed(call, (onStage) => run({ ...options, onStage })) : await run(options)
  } catch (error) {
    if (!signal.aborted) throw error
    // Who asked is gone, and the test with them: nobody is left to answer.
    call.hijack().destroy()
    return undefined
  }
}

/** The head goes out with the first stage: what cannot be tested at all is answered as an error is. */
async function streamed(
  call: Call<unknown, unknown>,
  run: (onStage: NonNullable<TestOptions['onStage']>) => Promise<Verdict>,
): Promise<Verdict> {
  const open: { response: ServerResponse | null } = { response: null }
  const send = (event: string, data: unknown): ServerResponse => {
    const response = (open.response ??= call.hijack().writeHead(200, SSE_HEADERS))
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    return response
  }
  const verdict = await run((stage) => void send('stage', stage))
  send('verdict', verdict).end()
  return verdict
}
