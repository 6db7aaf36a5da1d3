import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { systemCode, writeError } from './file-errors.ts'
import { type FileFacts, look, lookThrough, readLink, resolveLinks, writeAtomic, writeInPlace } from './files.ts'
import { ensurePrivateDir, makeFolders, ourUid } from './folders.ts'

/** The file that a path leads to, links followed, also where the last one points to nothing yet. Throws `FILE_NOT_READABLE`. */
export async function realTarget(path: string, depth = 0): Promise<string> {
  const real = await resolveLinks(path)
  if (real !== null || depth > 40) return real ?? path
  const link = (await look(path))?.kind === 'link' ? await readLink(path) : null
  if (link !== null) return await realTarget(resolve(dirname(path), link), depth + 1)
  const folder = await resolveLinks(dirname(path))
  return folder === null ? path : join(folder, basename(path))
}

/**
 * The name to lock a file by, links resolved: its own, or, where its folder cannot be written (a read-only mount, another user's folder), one
 * in a private temporary folder. Throws `FOLDER_NOT_PRIVATE`, `STATE_NOT_OURS`.
 */
export async function lockName(target: string): Promise<string> {
  if (await isWritable(dirname(target))) return target
  const folder = join(tmpdir(), `xopc-locks-${ourUid()}`)
  await ensurePrivateDir(folder, { strict: true })
  return join(folder, createHash('sha256').update(target).digest('hex').slice(0, 32))
}

async function isWritable(path: string): Promise<boolean> {
  return await access(path, constants.W_OK).then(
    () => true,
    () => false,
  )
}

/**
 * Saves a file that other programs edit too: links followed, mode and owner kept, swapped in whole. Where it cannot be replaced (a bind mount,
 * a folder that is not ours) it is overwritten in place. A new file is 0600. Throws `FILE_NOT_WRITABLE`, `DISK_FULL`.
 */
export async function saveFile(path: string, text: string): Promise<void> {
  const target = await realTarget(path)
  const facts = await lookThrough(target)
  if (facts === null) {
    await makeFolders(dirname(target))
    return await writeAtomic(target, text)
  }
  await requireWritable(target)
  if (isForeign(facts)) return await overwrite(target, text, facts.size)
  try {
    await writeAtomic(target, text, { mode: facts.mode & 0o777 })
  } catch (error) {
    if (!cannotReplace(error)) throw error
    await overwrite(target, text, facts.size)
  }
}

/** Replacing a read-only file would work where its folder is writable, but whoever made it read-only meant it. */
async function requireWritable(path: string): Promise<void> {
  try {
    await access(path, constants.W_OK)
  } catch (error) {
    throw writeError(path, error)
  }
}

/** A new file would belong to us, and its owner could no longer read it. */
function isForeign(facts: FileFacts): boolean {
  return facts.uid !== ourUid() || facts.gid !== (process.getegid?.() ?? -1)
}

const unreplaceable = new Set(['EBUSY', 'EXDEV', 'EACCES', 'EPERM', 'EROFS'])

function cannotReplace(error: unknown): boolean {
  return error instanceof Error && unreplaceable.has(systemCode(error.cause) ?? '')
}

/** A shorter text is first padded with spaces to the old length, so that at no moment the end of the old one stands behind it. */
async function overwrite(path: string, text: string, size: number): Promise<void> {
  const missing = size - Buffer.byteLength(text)
  if (missing > 0) await writeInPlace(path, text + ' '.repeat(missing))
  await writeInPlace(path, text)
}
