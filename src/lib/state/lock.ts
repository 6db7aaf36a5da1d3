import { dirname } from 'node:path'
import { API_LEVEL } from '../protocol/http-api.ts'
import { withFileLock } from '../system/file-lock.ts'
import { look, readText, remove, writeAtomic } from '../system/files.ts'
import { requirePrivateDir } from '../system/folders.ts'
import { answersHealth } from '../system/net.ts'
import { type ProcessMark, liveness, markIn, ownMark } from '../system/process-identity.ts'
import { stateErrors } from './errors.ts'
import { type State, controlSocket } from './store.ts'

/** `run/gateway.json`: who runs on this state folder and how to reach it. */
export interface GatewayLock extends ProcessMark {
  /** `http://127.0.0.1:18790`. */
  url: string
  /** The control socket. */
  socket: string
  version: string
  apiLevel: number
}

/** The lock, held by this process. */
export interface HeldLock {
  /** Corrects what is known only once the doors are open. Throws `FILE_NOT_WRITABLE`, `DISK_FULL`. */
  update(info: { url: string }): Promise<void>
  /** Removes the lock if it is still ours. Twice equals once. */
  release(): Promise<void>
}

/** The lock file, or null where there is none or it is broken. It may be stale: see `lockStatus`. Throws `FILE_NOT_READABLE`. */
export async function readLock(state: Pick<State, 'paths'>): Promise<GatewayLock | null> {
  const text = await readText(state.paths.lock)
  return text === null ? null : parseLock(text)
}

/** What is true of a lock: its gateway answers, its process lives but does not answer (it starts, or hangs), or nothing of it is left. */
export type LockStatus = 'answering' | 'silent' | 'stale'

/** How long a gateway whose pid we cannot judge (another container) may take to answer after it wrote its lock. Milliseconds. */
const foreignStartMs = 15_000

/**
 * Judges a lock. The control socket decides; the pid counts only where boot and pid namespace are ours, and only with its start time, so that
 * a recycled pid is nobody. Throws `STATE_NOT_OURS`, `FOLDER_NOT_PRIVATE` when the socket's folder is not one to trust.
 */
export async function lockStatus(state: Pick<State, 'paths'>, lock: GatewayLock): Promise<LockStatus> {
  if (await isAlive(lock)) return 'answering'
  const life = await liveness(lock)
  if (life !== 'unknown') return life === 'alive' ? 'silent' : 'stale'
  const written = (await look(state.paths.lock))?.changedAt ?? 0
  return Date.now() - written < foreignStartMs ? 'silent' : 'stale'
}

/** Whether the gateway of the lock answers on its control socket. Throws `STATE_NOT_OURS`, `FOLDER_NOT_PRIVATE` when the socket's folder is not one to trust. */
export async function isAlive(lock: Pick<GatewayLock, 'socket'>): Promise<boolean> {
  const folder = dirname(lock.socket)
  if ((await look(folder)) === null) return false
  // Another user could have put a socket of theirs where ours was said to be.
  await requirePrivateDir(folder)
  return await answersHealth(lock.socket)
}

/**
 * Takes the lock of the state folder for this process; a stale or broken one is replaced, of several starters one wins. The lock is there
 * before the doors are: who finds it silent knows that a gateway starts. Throws `GATEWAY_ALREADY_RUNNING`, `FILE_NOT_WRITABLE`, `LOCK_TIMEOUT`.
 */
export async function acquireLock(state: State, info: { url: string; version: string }): Promise<HeldLock> {
  const path = state.paths.lock
  let lock: GatewayLock = { ...(await ownMark()), ...info, socket: controlSocket(state), apiLevel: API_LEVEL }
  await withFileLock(path, async () => {
    await refuseSecond(state)
    await writeAtomic(path, textOf(lock))
  })
  return {
    async update({ url }) {
      lock = { ...lock, url }
      await withFileLock(path, async () => await writeAtomic(path, textOf(lock)))
    },
    async release() {
      await withFileLock(path, async () => {
        if ((await readText(path)) === textOf(lock)) await remove(path)
      })
    },
  }
}

async function refuseSecond(state: State): Promise<void> {
  const other = await readLock(state)
  if (other === null || (await lockStatus(state, other)) === 'stale') return
  throw stateErrors.GATEWAY_ALREADY_RUNNING({ pid: other.pid, url: other.url })
}

function textOf(lock: GatewayLock): string {
  return `${JSON.stringify(lock, null, 2)}\n`
}

function parseLock(text: string): GatewayLock | null {
  const mark = markIn(text)
  if (mark === null) return null
  const value: unknown = JSON.parse(text)
  const [url, socket, version, apiLevel] = ['url', 'socket', 'version', 'apiLevel'].map((name): unknown => Reflect.get(Object(value), name))
  if (typeof url !== 'string' || typeof socket !== 'string' || typeof version !== 'string' || typeof apiLevel !== 'number') return null
  return { ...mark, url, socket, version, apiLevel }
}
