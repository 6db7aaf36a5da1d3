import { join } from 'node:path'
import { root } from './build.ts'
import { run } from './run.ts'

const coldMs = 20 * 60_000

/** Runs once before the tests that drive real programs: brings what is missing. Throws nothing; a suite whose program is still missing says so itself. */
export default async function setup(): Promise<void> {
  const ran = await run([join(root, 'test/peers/install')], { timeoutMs: coldMs })
  if (ran.stderr) process.stderr.write(ran.stderr)
}
