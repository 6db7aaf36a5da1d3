import { resolve } from 'node:path'
import { fileDigest } from '../system/file-digest.ts'
import { type FileFacts, isProgram, look, lookThrough, resolveLinks } from '../system/files.ts'
import { ourUid } from '../system/folders.ts'
import { frpcErrors } from './frpc/errors.ts'
import type { FileDigest } from './frpc-digests.ts'

/**
 * Looks at a frpc that xopc fetched; to be done before every start. False where none is there. Throws `FRPC_NOT_SAFE`, `FRPC_TRUNCATED`,
 * `FRPC_CHANGED`, `FRPC_NOT_EXECUTABLE`, `FRPC_NOEXEC`, `FILE_NOT_READABLE`.
 */
export async function checkFetched(path: string, expected: FileDigest): Promise<boolean> {
  const facts = await look(path)
  if (facts === null) return false
  const flaw = fetchedFlaw(facts)
  if (flaw !== null) throw frpcErrors.FRPC_NOT_SAFE({ path, reason: flaw })
  const found = await fileDigest(path)
  if (found === null) return false
  if (found.sha256 !== expected.sha256) throw differing(path, found, expected)
  await requireStartable(path, facts)
  return true
}

/** That a file is not what was put there. Pure. */
function differing(path: string, found: FileDigest, expected: FileDigest) {
  return found.size < expected.size
    ? frpcErrors.FRPC_TRUNCATED({ path, found: found.size, expected: expected.size })
    : frpcErrors.FRPC_CHANGED({ path, found: found.sha256, expected: expected.sha256 })
}

/**
 * Looks at the frpc that a person named; links lead on. Gives its real path and digest. Throws `FRPC_PATH_MISSING`, `FRPC_NOT_SAFE`,
 * `FRPC_NOT_EXECUTABLE`, `FRPC_NOEXEC`, `FILE_NOT_READABLE`.
 */
export async function checkNamed(named: string): Promise<{ path: string; digest: FileDigest }> {
  const path = (await resolveLinks(resolve(named))) ?? resolve(named)
  const facts = await lookThrough(path)
  if (facts?.kind !== 'file') throw frpcErrors.FRPC_PATH_MISSING({ path: named })
  const flaw = namedFlaw(facts)
  if (flaw !== null) throw frpcErrors.FRPC_NOT_SAFE({ path, reason: flaw })
  await requireStartable(path, facts)
  const digest = await fileDigest(path)
  if (digest === null) throw frpcErrors.FRPC_PATH_MISSING({ path: named })
  return { path, digest }
}

function fetchedFlaw({ kind, uid, mode }: FileFacts): string | null {
  if (kind !== 'file') return kind === 'link' ? 'it is a link, and xopc put a file there' : 'it is no file'
  if (uid !== ourUid()) return `it belongs to user ${uid}`
  return (mode & 0o022) === 0 ? null : 'other users may write to it'
}

/** Of a person's own, groups may write to it: many systems give every user a group of their own and files that belong to it. */
function namedFlaw({ uid, mode }: FileFacts): string | null {
  if (uid !== ourUid() && uid !== 0) return `it belongs to user ${uid}`
  return (mode & 0o002) === 0 ? null : 'every user may write to it'
}

/** Who has the right by the mode and may not by the system has it on a disk without programs. */
async function requireStartable(path: string, { uid, mode }: FileFacts): Promise<void> {
  if (await isProgram(path)) return
  const byMode = uid === ourUid() ? mode & 0o100 : mode & 0o011
  throw byMode === 0 ? frpcErrors.FRPC_NOT_EXECUTABLE({ path }) : frpcErrors.FRPC_NOEXEC({ path })
}
