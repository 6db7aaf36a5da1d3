import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { writing } from './file-errors.ts'
import { listFolder } from './folders.ts'
import { syncFolder } from './write-whole.ts'

/** A file that comes piece by piece, under a name of its own (0600) beside its place. Its methods throw `FILE_NOT_WRITABLE`, `DISK_FULL`. */
export interface PartFile {
  /** Where it lies until it is put in place. */
  readonly path: string
  write(bytes: Uint8Array): Promise<void>
  /** No more comes; it is on disk. */
  close(): Promise<void>
  /** Closes it, gives it its mode and then its place, whole; what was there is replaced. */
  putInPlace(mode: number): Promise<void>
  /** Removes what was written, wherever it is not in place; can be called at any time. */
  discard(): Promise<void>
}

/** Opens one for a place; what waits under its name is not followed. Throws `FILE_NOT_WRITABLE`. */
export async function openPart(place: string): Promise<PartFile> {
  const path = `${place}.${process.pid}-${Math.random().toString(36).slice(2)}${END}`
  const file = await writing(path, async () => await open(path, 'wx', 0o600))
  let state: 'open' | 'closed' | 'placed' = 'open'
  const close = async (): Promise<void> => {
    if (state !== 'open') return
    state = 'closed'
    await writing(path, async () => {
      try {
        await file.sync()
      } finally {
        await file.close()
      }
    })
  }
  return {
    path,
    write: async (bytes) =>
      await writing(path, async () => {
        for (let done = 0; done < bytes.length;) done += (await file.write(bytes, done)).bytesWritten
      }),
    close,
    async putInPlace(mode) {
      await writing(place, async () => await file.chmod(mode))
      await close()
      await writing(place, async () => {
        await rename(path, place)
        state = 'placed'
        await syncFolder(dirname(place))
      })
    },
    async discard() {
      if (state === 'placed') return
      if (state === 'open') await file.close()
      state = 'closed'
      await writing(path, async () => await rm(path, { force: true }))
    },
  }
}

const END = '.part'

/** Removes what ended programs left half-written for a place; to be called by who holds its lock. Throws `FILE_NOT_WRITABLE`. */
export async function clearParts(place: string): Promise<void> {
  const names = ((await listFolder(dirname(place))) ?? []).filter((name) => name.startsWith(`${basename(place)}.`) && name.endsWith(END))
  await Promise.all(names.map(async (name) => await writing(place, async () => await rm(join(dirname(place), name), { force: true }))))
}
