import { dirname } from 'node:path'
import { withFileLock } from '../system/file-lock.ts'
import { readText, writeAtomic } from '../system/files.ts'
import { ensurePrivateDir } from '../system/folders.ts'
import { clearParts, openPart, type PartFile } from '../system/part-file.ts'
import { frpcErrors } from './frpc/errors.ts'
import { unpackMember } from './frpc-archive.ts'
import type { FileDigest, FrpcRelease } from './frpc-digests.ts'
import { FETCH_MS, fetchFile } from './frpc-fetch.ts'

/** How far fetching it is. */
export interface FrpcProgress {
  phase: 'downloading' | 'verifying' | 'extracting'
  bytesReceived: number
  /** Null where the server does not say. */
  totalBytes: number | null
}

/** What is fetched, and where to. */
export interface DownloadWish {
  release: FrpcRelease
  /** `<os>_<arch>`, one of the release's. */
  target: string
  /** Where the program goes. */
  place: string
  env: NodeJS.ProcessEnv
  onProgress?: (progress: FrpcProgress) => void
  signal?: AbortSignal
}

const RELEASES = 'https://github.com/fatedier/frp/releases/download'
/** Between two reports of bytes, milliseconds. */
const REPORT_MS = 100

/**
 * Fetches the release's archive, compares its digest before anything in it is read, and puts frpc in its place (0700). `present` is asked once the
 * place is ours alone: another program may have put it there meanwhile. What goes wrong leaves nothing behind. Throws `FRPC_MIRROR_INVALID`,
 * `FRPC_NOT_FETCHED`, `FRPC_ARCHIVE_CHANGED`, `FRPC_ARCHIVE_REFUSED`, `LOCK_TIMEOUT`, `DISK_FULL`, `FILE_NOT_WRITABLE`, `FOLDER_NOT_PRIVATE`,
 * `STATE_NOT_OURS`, the signal's reason, and what `present` throws.
 */
export async function downloadFrpc(wish: DownloadWish, present: () => Promise<boolean>): Promise<void> {
  const url = archiveUrl(wish)
  await ensurePrivateDir(dirname(wish.place))
  const waiting = { waitMs: FETCH_MS, ...(wish.signal === undefined ? {} : { signal: wish.signal }) }
  const work = async (): Promise<void> => {
    if (await present()) return
    await clearParts(wish.place)
    await withPart(wish.place, async (archive) => await withPart(wish.place, async (program) => await bring(wish, url, archive, program)))
  }
  await withFileLock(wish.place, work, waiting)
}

/** `frp_0.71.0_linux_amd64`: the archive's name before `.tar.gz`, and the folder in it. */
function stemOf({ release, target }: DownloadWish): string {
  return `frp_${release.version}_${target}`
}

function archiveUrl(wish: DownloadWish): URL {
  const named = wish.env['XOPC_FRPC_MIRROR']
  const base = named || RELEASES
  const url = URL.canParse(base) ? new URL(`${base.replace(/\/+$/, '')}/v${wish.release.version}/${stemOf(wish)}.tar.gz`) : null
  if (url === null || !isMirror(url)) throw frpcErrors.FRPC_MIRROR_INVALID({ mirror: base })
  return url
}

/** http only where nobody stands between; a name and a password would end in messages and logs. */
function isMirror({ protocol, hostname, username, password, search, hash }: URL): boolean {
  if (username + password + search + hash !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname))
}

async function withPart(place: string, work: (part: PartFile) => Promise<void>): Promise<void> {
  const part = await openPart(place)
  try {
    await work(part)
  } finally {
    await part.discard()
  }
}

async function bring(wish: DownloadWish, url: URL, archive: PartFile, program: PartFile): Promise<void> {
  const known = wish.release.targets[wish.target]
  if (known === undefined) throw new Error(`the release has no ${wish.target}`)
  const { signal } = wish
  const progress = reporter(wish)
  const found = await fetchFile({ url, into: archive, onBytes: progress.bytes, ...(signal === undefined ? {} : { signal }) })
  await archive.close()
  progress.phase('verifying')
  if (found.sha256 !== known.archive) throw frpcErrors.FRPC_ARCHIVE_CHANGED({ url: url.href, found: found.sha256, expected: known.archive })
  progress.phase('extracting')
  const digest = await unpackMember(archive.path, `${stemOf(wish)}/frpc`, program, signal)
  if (known.binary !== null && known.binary.sha256 !== digest.sha256)
    throw frpcErrors.FRPC_ARCHIVE_REFUSED({ reason: `the frpc in it has the SHA-256 ${digest.sha256}, not ${known.binary.sha256}` })
  // Before the program: one without its digest counts as missing, a digest without its program, too.
  await writeAtomic(notePath(wish.place), `${JSON.stringify(digest)}\n`)
  await program.putInPlace(0o700)
}

/** Tells of bytes a few times a second, and of every phase. */
function reporter({ onProgress }: DownloadWish) {
  const last = { bytesReceived: 0, totalBytes: null as number | null }
  let saidAt = 0
  return {
    bytes(bytesReceived: number, totalBytes: number | null): void {
      Object.assign(last, { bytesReceived, totalBytes })
      if (Date.now() - saidAt < REPORT_MS && bytesReceived !== totalBytes) return
      saidAt = Date.now()
      onProgress?.({ phase: 'downloading', ...last })
    },
    phase: (phase: FrpcProgress['phase']) => onProgress?.({ phase, ...last }),
  }
}

/** The digest that was noted when frpc was put there; null where there is none that can be read. Throws `FILE_NOT_READABLE`. */
export async function notedDigest(place: string): Promise<FileDigest | null> {
  const [, sha256, size] = /^\{"sha256":"([0-9a-f]{64})","size":(\d{1,15})\}\n$/.exec((await readText(notePath(place))) ?? '') ?? []
  return sha256 === undefined ? null : { sha256, size: Number(size) }
}

function notePath(place: string): string {
  return `${place}.sha256`
}
