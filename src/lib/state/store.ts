import { join } from 'node:path'
import { systemErrors } from '../system/errors.ts'
import { type FileFacts, look, resolveLinks, setMode } from '../system/files.ts'
import { ensurePrivateDir, isPrivate, listFolder, ourUid, requireOurFolder } from '../system/folders.ts'
import { type RunDirCandidate, type StatePaths, runDirCandidates, statePaths } from '../system/paths.ts'

/** The state folder, opened: its modes and owner were checked. */
export interface State {
  readonly paths: StatePaths
  /** The folder of sockets, 0700, short enough for socket paths. Lock and children are always in `paths.run`. */
  readonly runDir: string
  /** What other users could have read and now cannot; for the log. */
  readonly tightened: readonly string[]
}

/**
 * Opens the state folder: creates it and its `run` and `logs` (0700) where needed, takes rights of other users away and refuses what is not
 * ours. With `create: false` it only looks. Throws `STATE_NOT_OURS`, `FOLDER_NOT_PRIVATE`, `FILE_NOT_WRITABLE`, `NO_HOME`, `SOCKET_PATH_TOO_LONG`.
 */
export async function openState(env: NodeJS.ProcessEnv, options: { create?: boolean } = {}): Promise<State> {
  const paths = statePaths(env)
  return options.create === false ? await peek(env, paths) : await open(env, paths)
}

/** The owner's door of the gateway in this state folder. */
export function controlSocket(state: Pick<State, 'runDir'>): string {
  return join(state.runDir, 'control.sock')
}

/** Where Tailscale leads, when it is to say who its visitors are. */
export function tailscaleSocket(state: Pick<State, 'runDir'>): string {
  return join(state.runDir, 'tailscale.sock')
}

/** Where frpc leads what comes by the public tunnel. */
export function tunnelSocket(state: Pick<State, 'runDir'>): string {
  return join(state.runDir, 'tunnel.sock')
}

async function open(env: NodeJS.ProcessEnv, paths: StatePaths): Promise<State> {
  // The state folder itself may be a link of the user's own (to another disk); what it leads to is checked.
  const dir = (await resolveLinks(paths.dir)) ?? paths.dir
  const tightened: string[] = []
  for (const folder of [dir, paths.run, paths.logs]) {
    if ((await ensurePrivateDir(folder)) === 'tightened') tightened.push(folder)
  }
  tightened.push(...(await tightenFiles(dir)))
  const runDir = await openRunDir(await runDirCandidates(env, paths, dir))
  return { paths, runDir, tightened }
}

async function peek(env: NodeJS.ProcessEnv, paths: StatePaths): Promise<State> {
  const dir = await resolveLinks(paths.dir)
  // Lax rights do not keep anybody from looking: the next start of a gateway takes them away.
  if (dir !== null) await requireOurFolder(dir)
  const candidates = await runDirCandidates(env, paths, dir ?? paths.dir)
  return { paths, runDir: (candidates[0] ?? { path: paths.run }).path, tightened: [] }
}

/** Files of ours in the state folder that group or others may touch lose those rights. Links stay as they are. */
async function tightenFiles(dir: string): Promise<string[]> {
  const paths = ((await listFolder(dir)) ?? []).map((name) => join(dir, name))
  const facts = await Promise.all(paths.map(async (path) => ({ path, facts: await look(path) })))
  const lax = facts.filter((entry): entry is { path: string; facts: FileFacts } => isLaxFile(entry.facts))
  await Promise.all(lax.map(({ path, facts: { mode } }) => setMode(path, mode & 0o700)))
  return lax.map(({ path }) => path)
}

function isLaxFile(facts: FileFacts | null): boolean {
  return facts !== null && facts.kind === 'file' && facts.uid === ourUid() && !isPrivate(facts)
}

async function openRunDir(candidates: readonly RunDirCandidate[]): Promise<string> {
  const usable = await Promise.all(candidates.map(isUsable))
  const best = candidates.find((_, index) => usable[index])
  if (best === undefined)
    throw systemErrors.FOLDER_NOT_PRIVATE({ path: candidates[0]?.parent ?? '', reason: 'it is no private folder of this user' })
  if (best.place === 'shared') await ensurePrivateDir(best.parent, { strict: true })
  await ensurePrivateDir(best.path, { strict: best.place !== 'state' })
  return best.path
}

/** XDG_RUNTIME_DIR is somebody else's after `sudo`, and absent in many services: then it is passed over. */
async function isUsable({ place, parent }: RunDirCandidate): Promise<boolean> {
  if (place !== 'runtime') return true
  const facts = await look(parent)
  return facts !== null && facts.kind === 'folder' && facts.uid === ourUid() && isPrivate(facts)
}
