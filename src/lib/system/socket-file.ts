import { chmodSync, chownSync, lstatSync, statSync } from 'node:fs'
import { lstat, stat, unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'

/** Who may connect: `owner` 0600, or `group` 0660 with the group of its folder. */
export type SocketAudience = 'owner' | 'group'

/** Why a socket cannot be opened there; `fix` is what to type. `live` tells that a program listens on it. */
export interface SocketObstacle {
  reason: string
  fix: string
  live: boolean
}

/** Looks at the place of a unix socket and takes a dead socket of ours out of the way. Null when the way is free. */
export async function clearSocketPath(path: string, audience: SocketAudience): Promise<SocketObstacle | null> {
  return (await folderObstacle(dirname(path), audience)) ?? (await fileObstacle(path))
}

async function folderObstacle(folder: string, audience: SocketAudience): Promise<SocketObstacle | null> {
  const facts = await stat(folder).catch(missing)
  if (!facts?.isDirectory()) return { reason: `there is no folder ${folder}`, fix: `mkdir -m 750 ${folder}`, live: false }
  // Whoever can enter the folder can reach the socket, and whoever can write there can put another in its place.
  const mask = audience === 'group' ? 0o007 : 0o022
  if ((facts.mode & mask) === 0) return null
  const fix = isShared(folder, facts.mode) ? `Give it a folder of its own: mkdir -m 750 ${join(folder, 'xopc')}` : `chmod o-rwx ${folder}`
  return { reason: `the folder ${folder} is open to every user of this computer`, fix, live: false }
}

/** A folder that the whole computer lives by (`/tmp`, `/run`, `/var/run`): closing it would break more than it mends. */
function isShared(folder: string, mode: number): boolean {
  return (mode & 0o1000) !== 0 || folder.split('/').length <= 2 || /^\/(?:var|usr|private)\/[^/]+$/.test(folder)
}

async function fileObstacle(path: string): Promise<SocketObstacle | null> {
  const facts = await lstat(path).catch(missing)
  if (facts === null) return null
  if (!facts.isSocket()) return { reason: 'something that is no socket is there', fix: `Move it away: mv ${path} ${path}.old`, live: false }
  if (facts.uid !== process.getuid?.()) return { reason: 'a socket of another user is there', fix: `ls -l ${path}`, live: false }
  if (await isLive(path)) return { reason: 'another program listens on it', fix: 'xopc gateway status', live: true }
  await unlink(path).catch(missing)
  return null
}

function missing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
  throw error
}

function isLive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const answer = (live: boolean) => () => {
      resolve(live)
      socket.destroy()
    }
    socket.once('connect', answer(true))
    socket.once('error', answer(false))
    // A full backlog answers neither way; somebody is there then.
    socket.setTimeout(1_000, answer(true))
  })
}

/** Runs `bind`, which must bind before it returns, so that the socket file is never open to others, not even for a moment. */
export function bindPrivately(bind: () => void): void {
  const before = process.umask(0o177)
  try {
    bind()
  } finally {
    process.umask(before)
  }
}

/** Gives the socket file its rights and looks whether it has them. False where others could still connect. */
export function setSocketRights(path: string, audience: SocketAudience): boolean {
  if (audience === 'group') chownSync(path, process.getuid?.() ?? -1, statSync(dirname(path)).gid)
  chmodSync(path, audience === 'group' ? 0o660 : 0o600)
  return (lstatSync(path).mode & 0o007) === 0
}
