import { join } from 'node:path'
import { root } from '../../support/build.ts'

/** The launcher under test. */
export const launcher = join(root, 'bin/run.js')

/** The error that `--json` printed. */
export function errorIn(stdout: string): { code: string; message: string; hint?: string; docs?: string } {
  const reply = JSON.parse(stdout) as { error: { code: string; message: string } }
  return reply.error
}
