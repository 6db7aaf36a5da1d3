import { docsOf } from '../errors/error.ts'
import type { ErrorInfo } from '../errors/error.ts'
import type { Fix, Stage, Verdict } from '../protocol/http-api.ts'

/** What the stages came to: the first that failed speaks for all. Pure. */
export function verdictOf(given: { url: string; at: number; ms: number; latencyMs: number | null; stages: Stage[] }): Verdict {
  const { url, ms, latencyMs, stages } = given
  const base = { url, vantage: 'self', at: new Date(given.at).toISOString(), ms, latencyMs, stages } as const
  const failed = stages.find(({ status }) => status === 'fail')
  if (failed === undefined) return { ok: true, ...base }
  return { ok: false, ...base, ...errorOf(failed), fix: failed.fix ?? null }
}

/** A failed stage as an error. Pure. */
export function errorOf({ code = 'NETWORK_ERROR', detail, fix }: Pick<Stage, 'code' | 'detail' | 'fix'>): ErrorInfo {
  return { code, message: detail, ...(fix === undefined ? {} : { hint: hintOf(fix) }), docs: docsOf(code) }
}

/** A repair as one line. */
function hintOf({ title, command, snippet }: Fix): string {
  const line = command ?? snippet
  return line === undefined ? `${title}.` : `${title}: ${line.replaceAll(/\s*\n\s*/g, ' ')}`
}
