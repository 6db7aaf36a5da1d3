import { type Stats, constants } from 'node:fs'
import { type FileHandle, access, chmod, lstat, open, readFile, readlink, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { absentAsNull, writing } from './file-errors.ts'
import { claimSpace, putInPlace, syncFolder, writeBeside, writeWhole } from './write-whole.ts'

/** What is at a path. */
export interface FileFacts {
  kind: 'file' | 'folder' | 'link' | 'socket' | 'other'
  /** Permission bits, for example 0o600. */
  mode: number
  uid: number
  gid: number
  /** Bytes. */
  size: number
  /** Last change of the content, milliseconds since the epoch. */
  changedAt: number
  /** Changes when another file takes the path. */
  id: string
}

/** What is at the path itself (a link is not followed), or null. Throws `FILE_NOT_READABLE`. */
export async function look(path: string): Promise<FileFacts | null> {
  return await absentAsNull(path, async () => factsOf(await lstat(path)))
}

/** What is at the path after links, or null. Throws `FILE_NOT_READABLE`. */
export async function lookThrough(path: string): Promise<FileFacts | null> {
  return await absentAsNull(path, async () => factsOf(await stat(path)))
}

/** The path with every link resolved, or null where nothing is there. Throws `FILE_NOT_READABLE`. */
export async function resolveLinks(path: string): Promise<string | null> {
  return await absentAsNull(path, async () => await realpath(path))
}

/** Where a link points, as written in it; null when nothing is there. Throws `FILE_NOT_READABLE`. */
export async function readLink(path: string): Promise<string | null> {
  return await absentAsNull(path, async () => await readlink(path))
}

/** The file as UTF-8 text, or null when it is absent. Throws `FILE_NOT_READABLE`. */
export async function readText(path: string): Promise<string | null> {
  return await absentAsNull(path, async () => await readFile(path, 'utf8'))
}

/** Up to `length` bytes from `offset` (bytes), fewer at the end of the file; null when it is absent. Throws `FILE_NOT_READABLE`. */
export async function readPart(path: string, offset: number, length: number): Promise<Buffer | null> {
  return await absentAsNull(path, async () => {
    await using file = await open(path, 'r')
    const buffer = Buffer.alloc(length)
    const { bytesRead } = await file.read(buffer, 0, length, offset)
    return buffer.subarray(0, bytesRead)
  })
}

/** Opens a file (0600) that a program will append its output to; the caller closes it. Throws `FILE_NOT_WRITABLE`, `DISK_FULL`. */
export async function openForOutput(path: string): Promise<FileHandle> {
  return await writing(path, async () => await open(path, 'a', 0o600))
}

/** Whether this user may run what is at the path. Throws `FILE_NOT_READABLE`. */
export async function isProgram(path: string): Promise<boolean> {
  if ((await lookThrough(path))?.kind !== 'file') return false
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** Puts a whole new file in the path's place, on disk before it returns; a reader sees the old or the new one. Links are followed. Throws `FILE_NOT_WRITABLE`, `DISK_FULL`. */
export async function writeAtomic(path: string, text: string, options: { mode?: number } = {}): Promise<void> {
  await writing(path, async () => {
    const target = (await resolveLinks(path)) ?? path
    const fresh = await writeBeside(target, text, options)
    try {
      await rename(fresh, target)
    } catch (error) {
      await rm(fresh, { force: true })
      throw error
    }
    await syncFolder(dirname(target))
  })
}

/** Overwrites a file where it is, for one that cannot be replaced (a bind mount). A crash midway leaves it broken: the caller keeps a copy. Throws `FILE_NOT_WRITABLE`, `DISK_FULL`. */
export async function writeInPlace(path: string, text: string): Promise<void> {
  await writing(path, async () => {
    await using file = await open(path, 'r+')
    const bytes = Buffer.from(text)
    // The new end is claimed first, so that a full disk is noticed before the old content is touched.
    await claimSpace(file, bytes.length)
    await writeWhole(file, bytes)
    await file.truncate(bytes.length)
    await file.sync()
  })
}

/**
 * Creates a file with its whole content at once; false when something is there already. On disk before it returns, unless `durable` is false.
 * Throws `FILE_NOT_WRITABLE`, `DISK_FULL`.
 */
export async function createExclusive(path: string, text: string, options: { mode?: number; durable?: boolean } = {}): Promise<boolean> {
  return await writing(path, async () => {
    const fresh = await writeBeside(path, text, options)
    try {
      return await putInPlace(fresh, path)
    } finally {
      await rm(fresh, { force: true })
    }
  })
}

/** Gives a file another name in the same file system; who has it open writes on. Throws `FILE_NOT_WRITABLE`. */
export async function move(from: string, to: string): Promise<void> {
  await writing(to, async () => await rename(from, to))
}

/** Removes a file, socket or link; absent is fine. Throws `FILE_NOT_WRITABLE`. */
export async function remove(path: string): Promise<void> {
  await writing(path, async () => await rm(path, { force: true }))
}

/** Gives a file or folder new permission bits. Throws `FILE_NOT_WRITABLE`. */
export async function setMode(path: string, mode: number): Promise<void> {
  await writing(path, async () => await chmod(path, mode))
}

const kinds = [
  ['isFile', 'file'],
  ['isDirectory', 'folder'],
  ['isSymbolicLink', 'link'],
  ['isSocket', 'socket'],
] as const

function factsOf(stats: Stats): FileFacts {
  const kind = kinds.find(([is]) => stats[is]())?.[1] ?? 'other'
  const { mode, uid, gid, size, mtimeMs, dev, ino } = stats
  return { kind, mode: mode & 0o7777, uid, gid, size, changedAt: mtimeMs, id: `${dev}:${ino}` }
}
