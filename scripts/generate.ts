import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { generators } from './generators.ts'

/** Writes every generated file anew: the manuals, the JSON Schema and the manifest of the commands. Ends with 1 when one of them could not be made. */
for (const script of generators()) {
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, script)], { stdio: 'inherit', timeout: 120_000 })
  console.log(`${status === 0 ? 'made  ' : 'FAILED'} ${script}`)
  if (status !== 0) process.exitCode = 1
}
