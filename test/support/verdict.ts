import type { Verdict } from '../../src/lib/protocol/http-api.ts'
import type { RunningGateway } from './gateway.ts'

/** No test of an address may take longer, whatever is wrong with it (contract 6), milliseconds. */
export const LONGEST_TEST_MS = 15_000

/** The staged test, as the page's Test button asks for it; `idle` in seconds. Throws where the gateway answers with anything but a verdict. */
export async function verdictOf(gateway: RunningGateway, url: string, idle?: number): Promise<Verdict> {
  const response = await gateway.fetch('/xopc/api/tunnel/pair/probe-public', {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(idle === undefined ? { url } : { url, idle }),
    signal: AbortSignal.timeout(LONGEST_TEST_MS + 5_000 + (idle ?? 0) * 1000),
  })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${response.status} ${text}`)
  // `as`: the tests that ask say what it must be.
  return JSON.parse(text) as Verdict
}
