import { join } from 'node:path'
import { expect, it } from 'vitest'
import { generators } from '../../scripts/generators.ts'
import { root } from '../support/build.ts'
import { run } from '../support/run.ts'

it.each(generators())('what %s writes is what the sources say', async (script) => {
  const ran = await run([process.execPath, join(root, 'scripts', script), '--check'], { cwd: root, timeoutMs: 60_000 })
  expect(ran, ran.stderr).toMatchObject({ code: 0 })
})
