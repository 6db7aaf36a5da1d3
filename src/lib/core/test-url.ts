import { normalizePublicUrl } from '../access/proxy/config.ts'
import { cleanText } from '../protocol/outside-text.ts'
import { stageNames, type Verdict } from '../protocol/http-api.ts'
import type { Probe } from '../probe/probe.ts'
import type { TestOptions } from './xopc.ts'

/** The staged test of what a person typed. A URL that could never be a public one is refused before anything is dialled. Throws the signal's reason. */
export async function testUrl(probe: Pick<Probe, 'test'>, text: string, options: TestOptions): Promise<Verdict> {
  const { onStage, idle, signal = new AbortController().signal } = options
  const read = normalizePublicUrl(text)
  if (!read.ok) return refused(text, read.error.info())
  return await probe.test(read.url, { signal, ...(onStage === undefined ? {} : { onStage }), ...(idle === undefined ? {} : { idle }) })
}

function refused(text: string, error: { code: string; message: string; hint?: string; docs?: string }): Verdict {
  return {
    ok: false,
    url: cleanText(text.replace(/\/\/[^/]*@/, '//***@'), 200),
    vantage: 'self',
    at: new Date().toISOString(),
    ms: 0,
    latencyMs: null,
    stages: stageNames.map((stage) => ({ stage, status: 'skip', ms: 0, detail: 'Not looked at: the URL cannot be used.' })),
    fix: error.hint === undefined ? null : { title: error.hint },
    ...error,
  }
}
