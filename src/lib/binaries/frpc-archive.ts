import { createHash } from 'node:crypto'
import { cleanText } from '../protocol/outside-text.ts'
import type { PartFile } from '../system/part-file.ts'
import { tarEntries, type TarEntry, unzipped } from '../system/tar-entries.ts'
import { TarFault } from '../system/tar-header.ts'
import { frpcErrors } from './frpc/errors.ts'
import type { FileDigest } from './frpc-digests.ts'

/** frpc has 17 MB; an archive holds frps besides. Bytes. */
const MEMBER_MAX = 60 * 1024 * 1024
const ALL_MAX = 200 * 1024 * 1024

/**
 * Writes the one member out, and nothing else: no name of the archive ever becomes a path. An archive with a name that leads out of it, or with the
 * member twice, as a link or not at all, is refused whole (attack A69). Throws `FRPC_ARCHIVE_REFUSED`, `DISK_FULL`, `FILE_NOT_WRITABLE`, the signal's reason.
 */
export async function unpackMember(archive: string, member: string, into: PartFile, signal?: AbortSignal): Promise<FileDigest> {
  try {
    let digest: FileDigest | null = null
    for await (const entry of tarEntries(unzipped(archive, ALL_MAX))) {
      signal?.throwIfAborted()
      requirePlainName(entry.name)
      if (entry.name !== member) continue
      if (digest !== null) throw new TarFault(`it holds ${member} twice`)
      digest = await unpack(entry, into)
    }
    if (digest === null) throw new TarFault(`it does not hold ${member}`)
    return digest
  } catch (error) {
    if (error instanceof TarFault) throw frpcErrors.FRPC_ARCHIVE_REFUSED({ reason: error.message }, { cause: error })
    throw error
  }
}

/** Absolute, leading out, or with what other systems take for a separator or a drive. */
function requirePlainName(name: string): void {
  if (/^\/|(?:^|\/)\.\.(?:\/|$)|\\|^[a-z]:|\0/i.test(name))
    throw new TarFault(`it names something outside of itself (${cleanText(name, 80)})`)
}

async function unpack({ name, kind, size, body }: TarEntry, into: PartFile): Promise<FileDigest> {
  if (kind !== 'file') throw new TarFault(`${name} in it is a ${kind}`)
  if (size > MEMBER_MAX) throw new TarFault(`${name} in it has ${size} bytes`)
  const hash = createHash('sha256')
  for await (const piece of body) {
    hash.update(piece)
    await into.write(piece)
  }
  return { sha256: hash.digest('hex'), size }
}
