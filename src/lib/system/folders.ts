import { watch } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { XopcError } from '../errors/error.ts'
import { systemErrors } from './errors.ts'
import { absentAsNull, readError, systemCode, writing } from './file-errors.ts'
import { type FileFacts, look, lookThrough, setMode } from './files.ts'

/** Names in a folder, or null when it is absent. Throws `FILE_NOT_READABLE`. */
export async function listFolder(path: string): Promise<string[] | null> {
  return await absentAsNull(path, async () => await readdir(path))
}

/** Creates folders up to the path, 0700 each; one that exists stays as it is. Throws `FILE_NOT_WRITABLE`. */
export async function makeFolders(path: string): Promise<void> {
  if ((await writing(path, async () => await makeAll(path))) || (await lookThrough(path))?.kind === 'folder') return
  throw systemErrors.FILE_NOT_WRITABLE({ path, folder: dirname(path), reason: 'something else than a folder is there' })
}

/** How `ensurePrivateDir` found the folder. */
export type PrivateDir = 'created' | 'kept' | 'tightened'

/**
 * A folder that only this user can enter, created 0700 where needed. A link, another user's folder or something that is no folder is
 * refused; rights of group and others are taken away, or refused with `strict`. Throws `STATE_NOT_OURS`, `FOLDER_NOT_PRIVATE`, `FILE_NOT_WRITABLE`.
 */
export async function ensurePrivateDir(path: string, options: { strict?: boolean } = {}): Promise<PrivateDir> {
  const created = await makeFolder(path)
  const facts = await requireOurFolder(path)
  if (isPrivate(facts)) return created ? 'created' : 'kept'
  if (options.strict === true) throw laxMode(path, facts)
  await setMode(path, facts.mode & 0o700)
  return created ? 'created' : 'tightened'
}

/** Checks a folder that somebody else named (a socket's, from a lock): a real folder, ours, nobody else can enter. Throws `STATE_NOT_OURS`, `FOLDER_NOT_PRIVATE`. */
export async function requirePrivateDir(path: string): Promise<void> {
  const facts = await requireOurFolder(path)
  if (!isPrivate(facts)) throw laxMode(path, facts)
}

/** What is known of a folder that must be a real one (no link) and ours. Throws `STATE_NOT_OURS`, `FOLDER_NOT_PRIVATE`. */
export async function requireOurFolder(path: string): Promise<FileFacts> {
  const facts = await look(path)
  if (facts?.kind !== 'folder') {
    const reason = facts === null ? 'it does not exist' : facts.kind === 'link' ? 'it is a link' : 'it is not a folder'
    throw systemErrors.FOLDER_NOT_PRIVATE({ path, reason })
  }
  if (facts.uid !== ourUid()) throw systemErrors.STATE_NOT_OURS({ path, owner: `user ${facts.uid}` })
  return facts
}

/** Whether group and others have no right at all. */
export function isPrivate(facts: FileFacts): boolean {
  return (facts.mode & 0o077) === 0
}

/** The numeric id of this user; -1 where the system has none. */
export function ourUid(): number {
  return process.geteuid?.() ?? -1
}

/** Calls `changed` with the name of every entry of the folder that changed (null where the system does not say). Returns the way to stop. Throws `FILE_NOT_READABLE`. */
export function watchFolder(path: string, changed: (name: string | null) => void, failed: (error: Error) => void): () => void {
  try {
    const watcher = watch(path, { persistent: false }, (_event, name) => changed(name))
    watcher.on('error', (error) => failed(readError(path, error)))
    return () => watcher.close()
  } catch (error) {
    throw readError(path, error)
  }
}

/** True when this call created it. Folders above it are created too, 0700. */
async function makeFolder(path: string): Promise<boolean> {
  return await writing(path, async () => {
    try {
      return await makeAll(path)
    } catch (error) {
      // Something that is no folder is there, a dangling link for example: the caller says what.
      if ((await look(path)) !== null) return false
      throw error
    }
  })
}

/**
 * True when this call created the folder; folders above it too. Not `recursive` of Node's mkdir: where the system lets nobody create anything
 * (/proc) that one never comes back. Throws the system's error.
 */
async function makeAll(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 })
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    if (systemCode(error) !== 'ENOENT' || (await look(dirname(path))) !== null) throw error
  }
  await makeAll(dirname(path))
  return await mkdir(path, { mode: 0o700 }).then(
    () => true,
    (error: unknown) => {
      if (systemCode(error) === 'EEXIST') return false
      throw error
    },
  )
}

function laxMode(path: string, facts: FileFacts): XopcError {
  return systemErrors.FOLDER_NOT_PRIVATE({ path, reason: `its mode is ${octal(facts.mode)}, others can enter it` })
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(3, '0')
}
