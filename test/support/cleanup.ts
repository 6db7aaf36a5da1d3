import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const pending: (() => Promise<unknown>)[] = []

/** Runs `undo` after the last test of this file, the newest first, also when tests failed. */
export function atEnd(undo: () => Promise<unknown>): void {
  pending.push(undo)
}

/** A new folder (0700, short enough for sockets in it), removed after the last test of this file. */
export async function tempFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'xopc-t-'))
  atEnd(() => rm(path, { recursive: true, force: true }))
  return path
}

afterAll(async () => {
  const failures: unknown[] = []
  for (let undo = pending.pop(); undo; undo = pending.pop()) await undo().catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw new AggregateError(failures, 'cleaning up after the tests failed')
})
