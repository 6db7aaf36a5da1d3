import { dirname } from 'node:path'
import type { XopcError } from '../errors/error.ts'
import { look } from '../system/files.ts'
import { ensurePrivateDir } from '../system/folders.ts'
import { frpcErrors } from './frpc/errors.ts'
import { type Computer, type FrpcRelease, frpcTarget, officialFrpc } from './frpc-digests.ts'
import { downloadFrpc, type FrpcProgress, notedDigest } from './frpc-download.ts'
import { checkFetched, checkNamed } from './frpc-file.ts'
import { frpcPlace } from './frpc-place.ts'
import { frpcVersion } from './frpc-start.ts'

export type { FrpcProgress }

/** A frpc that was checked and started once. */
export interface Frpc {
  program: string
  version: string
  /** `FRPC_NOT_PINNED` where it is one of the person's own. */
  warning: XopcError | null
}

/** What `prepareFrpc` is told. */
export interface PrepareFrpc {
  state: { paths: { dir: string } }
  env: NodeJS.ProcessEnv
  /** Fetch it where it is missing. */
  fetch: boolean
  /** Default: this computer. */
  computer?: Computer
  /** Default: the official one. */
  release?: FrpcRelease
  onProgress?: (progress: FrpcProgress) => void
  signal?: AbortSignal
}

/**
 * The frpc to start, to be asked for before every start: the one that `XOPC_FRPC_PATH` names, else the one in the state folder, checked against its
 * digest, else it is fetched there. Never one on PATH. Throws `FRPC_MISSING` (without `fetch`), `FRPC_PATH_MISSING`, `FRPC_UNSUPPORTED`,
 * `FRPC_CHANGED`, `FRPC_TRUNCATED`, `FRPC_NOT_SAFE`, `FRPC_NOT_EXECUTABLE`, `FRPC_NOEXEC`, `FRPC_WRONG_ARCHITECTURE`, `FRPC_QUARANTINED`,
 * `FRPC_TOO_OLD`, `FRPC_BROKEN`, those of `downloadFrpc`, and what folders and files can throw.
 */
export async function prepareFrpc(wish: PrepareFrpc): Promise<Frpc> {
  const { env, computer = { os: process.platform, arch: process.arch }, release = officialFrpc, signal } = wish
  const named = env['XOPC_FRPC_PATH']
  if (named) return await ownFrpc(named, env, computer, release, signal)
  const target = frpcTarget(computer)
  const known = target === null ? undefined : release.targets[target]
  if (target === null || known === undefined) throw frpcErrors.FRPC_UNSUPPORTED({ platform: target ?? `${computer.os}-${computer.arch}` })
  const program = frpcPlace(wish.state.paths.dir, release.version, target)
  await tightenFolders(wish.state.paths.dir, program)
  const present = async (): Promise<boolean> => {
    const expected = known.binary ?? (await notedDigest(program))
    return expected !== null && (await checkFetched(program, expected))
  }
  if (!(await present())) {
    if (!wish.fetch) throw frpcErrors.FRPC_MISSING({ version: release.version, path: program })
    await downloadFrpc({ ...wish, release, target, place: program }, present)
    // Read again from the disk: what is started is what was checked there.
    if (!(await present())) throw frpcErrors.FRPC_MISSING({ version: release.version, path: program })
  }
  return { program, version: await frpcVersion(program, env, computer, signal), warning: null }
}

async function ownFrpc(
  named: string,
  env: NodeJS.ProcessEnv,
  computer: Computer,
  release: FrpcRelease,
  signal: AbortSignal | undefined,
): Promise<Frpc> {
  const { path, digest } = await checkNamed(named)
  const version = await frpcVersion(path, env, computer, signal)
  const official = Object.values(release.targets).some(({ binary }) => binary?.sha256 === digest.sha256)
  const warning = official ? null : frpcErrors.FRPC_NOT_PINNED({ version: release.version, found: digest.sha256 })
  return { program: path, version, warning }
}

/** Nobody else may put another file in its place: every folder between the state folder and it is ours, no link, and closed to others. */
async function tightenFolders(stateDir: string, program: string): Promise<void> {
  const folders: string[] = []
  for (let folder = dirname(program); folder !== stateDir; folder = dirname(folder)) folders.unshift(folder)
  for (const folder of folders) if ((await look(folder)) !== null) await ensurePrivateDir(folder)
}
