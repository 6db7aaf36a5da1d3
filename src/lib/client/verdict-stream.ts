import type { Stage, Verdict } from '../protocol/http-api.ts'
import { clientErrors } from './errors.ts'
import { parseData, parseMessages } from './sse.ts'

/** Reads a staged test as it runs: each stage to `onStage`, then the verdict. Throws `NOT_XOPC_GATEWAY` where the stream ends without one. */
export async function verdictOf(lines: AsyncIterable<string>, onStage: (stage: Stage) => void): Promise<Verdict> {
  for await (const { event, data } of parseMessages(lines)) {
    const value = parseData(data)
    if (event === 'stage' && isStage(value)) onStage(value)
    if (event === 'verdict' && isVerdict(value)) return value
  }
  throw clientErrors.NOT_XOPC_GATEWAY({ detail: 'a test that ended without a verdict' })
}

function isStage(value: unknown): value is Stage {
  return typeof value === 'object' && value !== null && 'stage' in value && 'status' in value && 'detail' in value
}

function isVerdict(value: unknown): value is Verdict {
  return typeof value === 'object' && value !== null && 'ok' in value && 'stages' in value && Array.isArray(value.stages)
}
