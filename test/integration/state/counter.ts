/** A program for tests: adds one to the number in a file, so often, under the lock; dies with the lock in hand at the given round. */
import { withFileLock } from '../../../src/lib/system/file-lock.ts'
import { readText, writeAtomic } from '../../../src/lib/system/files.ts'

const [path = '', times, dieAt] = process.argv.slice(2)
for (let round = 0; round < Number(times); round++) {
  await withFileLock(
    path,
    async () => {
      const count = Number(await readText(path))
      if (round === Number(dieAt)) process.kill(process.pid, 'SIGKILL')
      await writeAtomic(path, String(count + 1))
    },
    { waitMs: 40_000 },
  )
}
