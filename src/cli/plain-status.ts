import { openConnection } from './connection.ts'
import { jsonText } from './render/json.ts'
import { isAsIntended, renderOverview } from './render/overview.ts'
import { createTerminal } from './terminal.ts'

/** Does what `commands/status.ts` does with these words; resolves with the exit code. Throws what opening state and configuration throws. */
export async function runPlainStatus(words: readonly string[]): Promise<number> {
  process.once('SIGINT', () => process.exit(130))
  const terminal = createTerminal(process, process.env)
  const json = words.includes('--json')
  const { xopc } = await openConnection({ env: process.env, pin: false, json, interactive: terminal.interactive && !json })
  const overview = await xopc.overview()
  const text = json ? jsonText(overview) : renderOverview(overview, { ...terminal, now: Date.now() }).join('\n')
  process.stdout.write(`${text}\n`)
  return words.includes('--check') && !isAsIntended(overview) ? 1 : 0
}
