import { constants } from 'node:fs'
import { type FileHandle, copyFile, link, open, rm } from 'node:fs/promises'
import { systemCode } from './file-errors.ts'

/** A new file in the same folder, on disk unless `durable` is false; gives its name. It is created exclusively: what waits there is not followed. Throws the system's error. */
export async function writeBeside(path: string, text: string, options: { mode?: number; durable?: boolean }): Promise<string> {
  const fresh = `${path}.${process.pid}-${Math.random().toString(36).slice(2)}.tmp`
  try {
    await using file = await open(fresh, 'wx', options.mode ?? 0o600)
    // The umask took bits away that were asked for.
    await file.chmod(options.mode ?? 0o600)
    await writeWhole(file, Buffer.from(text))
    if (options.durable !== false) await file.sync()
    return fresh
  } catch (error) {
    await rm(fresh, { force: true })
    throw error
  }
}

/** Writes all of it: a single write may take only a part and say so by its count alone, on a nearly full disk. Throws the system's error. */
export async function writeWhole(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, done)
    done += bytesWritten
  }
}

/** Makes a file as long as what will be written over it, or leaves it as it was. Throws the system's error, ENOSPC above all. */
export async function claimSpace(file: FileHandle, length: number): Promise<void> {
  const { size } = await file.stat()
  if (length <= size) return
  try {
    await file.write(Buffer.alloc(length - size, ' '), 0, length - size, size)
    await file.sync()
  } catch (error) {
    await file.truncate(size)
    throw error
  }
}

/** Puts the names in a folder on disk. Throws the system's error. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r')
  await folder.sync()
}
/** Gives a finished file its name unless that is taken (false). The file stays under its first name too. Throws the system's error. */
export async function putInPlace(fresh: string, path: string): Promise<boolean> {
  try {
    await link(fresh, path)
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(systemCode(error) ?? '')) throw error
  }
  // A file system without hard links (FAT, some network and FUSE ones): exclusive still, but a reader may see it half-written.
  return await copyFile(fresh, path, constants.COPYFILE_EXCL).then(
    () => true,
    (error: unknown) => {
      if (systemCode(error) === 'EEXIST') return false
      throw error
    },
  )
}
