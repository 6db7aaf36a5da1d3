/** A program for tests: tries one thing on a path and says how that went. */
import { connect } from 'node:net'
import { openState } from '../../../src/lib/state/store.ts'
import { readText, writeAtomic } from '../../../src/lib/system/files.ts'

const [what, path = ''] = process.argv.slice(2)
const tries: Record<string, () => Promise<unknown>> = {
  read: async () => await readText(path),
  write: async () => await writeAtomic(path, 'x'),
  fill: async () => await writeAtomic(path, 'x'.repeat(20_000)),
  state: async () => await openState({ XOPC_STATE_DIR: path, TMPDIR: process.env['TMPDIR'] }),
  socket: async () =>
    await new Promise((resolve, reject) => {
      connect(path).once('connect', resolve).once('error', reject)
    }),
}
try {
  await tries[what ?? '']?.()
  console.log('done')
} catch (error) {
  console.log(error instanceof Error && 'code' in error ? error.code : error)
}
process.exit()
