import { dirname } from 'node:path'
import type { XopcError } from '../errors/error.ts'
import { systemErrors } from './errors.ts'

/** The system's own code of an error (`ENOENT`), or undefined. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'the system does not permit it',
  EROFS: 'the file system is read-only',
  ELOOP: 'its links lead in a circle, or it is a link where none may be',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'it is a folder, not a file',
  ENOENT: 'its folder does not exist',
  ENAMETOOLONG: 'the path is too long',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open on this computer',
  EBUSY: 'it is in use',
  EIO: 'the disk reports an error',
}

/** What the system said, in words. */
export function reasonOf(error: unknown): string {
  const code = systemCode(error)
  return code === undefined ? String(error) : (reasons[code] ?? code)
}

/** A failed read as `FILE_NOT_READABLE`. */
export function readError(path: string, error: unknown): XopcError {
  return systemErrors.FILE_NOT_READABLE({ path, reason: reasonOf(error) }, { cause: error })
}

/** A failed write as `DISK_FULL` or `FILE_NOT_WRITABLE`. */
export function writeError(path: string, error: unknown): XopcError {
  const code = systemCode(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') return systemErrors.DISK_FULL({ path, folder: dirname(path) }, { cause: error })
  return systemErrors.FILE_NOT_WRITABLE({ path, folder: dirname(path), reason: reasonOf(error) }, { cause: error })
}

/** Runs a read; null where nothing is there. Throws `FILE_NOT_READABLE`. */
export async function absentAsNull<T>(path: string, read: () => Promise<T>): Promise<T | null> {
  try {
    return await read()
  } catch (error) {
    // ESRCH: the process behind a file of /proc ended while it was read.
    if (['ENOENT', 'ESRCH'].includes(systemCode(error) ?? '')) return null
    throw readError(path, error)
  }
}

/** Runs a write. Throws `FILE_NOT_WRITABLE`, `DISK_FULL`. */
export async function writing<T>(path: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    throw writeError(path, error)
  }
}
