import { dirname } from 'node:path'
import { XopcError } from '../errors/error.ts'
import { type FileFacts, look, lookThrough } from './files.ts'
import { watchFolder } from './folders.ts'
import { realTarget } from './save-file.ts'

/** How a file is watched; milliseconds. */
export interface WatchOptions {
  /** Called after a change has come to rest, and once at the beginning. */
  changed: () => Promise<void>
  /** Watching is not possible; looking now and then goes on. */
  failed: (error: Error) => void
  /** How long nothing must happen before a change counts as complete; default 80. */
  settleMs?: number
  /** How often to look, for what the system does not tell (bind mounts, network file systems); default 1,000. */
  pollMs?: number
}

/** Watches the file at a path: replaced, overwritten, moved away, or its link turned elsewhere. Returns the way to stop. Throws nothing. */
export function watchFile(path: string, { changed, failed, settleMs = 80, pollMs = 1000 }: WatchOptions): () => void {
  let seen: string | null = null
  let settling: NodeJS.Timeout | undefined
  const check = oneAtATime(async () => {
    const now = await signature(path)
    // The caller read the file before this began; the first look finds what changed in between.
    if (now !== seen) settle()
    seen = now
    await folders.follow([dirname(path), dirname(await realTarget(path))])
  }, failed)
  const folders = createFolderWatch(check, failed)
  const settle = (): void => {
    clearTimeout(settling)
    settling = setTimeout(() => void changed().catch(failed), settleMs)
    settling.unref()
  }
  check()
  const poll = setInterval(check, pollMs)
  poll.unref()
  return () => {
    clearInterval(poll)
    clearTimeout(settling)
    folders.close()
  }
}

/** Calls during a run make one more run after it. */
function oneAtATime(work: () => Promise<void>, failed: (error: Error) => void): () => void {
  let busy = false
  let again = false
  const run = async (): Promise<void> => {
    busy = true
    do {
      again = false
      await work().catch(failed)
    } while (again)
    busy = false
  }
  return () => {
    again = true
    if (!busy) void run()
  }
}

/** Watches folders, and others when asked to: editors replace a file, so the file itself cannot be watched. */
function createFolderWatch(changed: () => void, failed: (error: Error) => void) {
  const watched = new Map<string, () => void>()
  let closed = false
  return {
    async follow(folders: readonly string[]): Promise<void> {
      const there = await Promise.all(folders.map(async (folder) => ((await lookThrough(folder)) === null ? null : folder)))
      if (closed) return
      for (const [folder, stop] of [...watched].filter(([folder]) => !there.includes(folder))) {
        watched.delete(folder)
        stop()
      }
      for (const folder of there) if (folder !== null && !watched.has(folder)) watched.set(folder, tryWatch(folder, changed, failed))
    },
    close(): void {
      closed = true
      for (const stop of watched.values()) stop()
    },
  }
}

/** A system that has no watch left to give is told once for each folder. */
function tryWatch(folder: string, changed: () => void, failed: (error: Error) => void): () => void {
  try {
    return watchFolder(folder, changed, failed)
  } catch (error) {
    failed(error instanceof Error ? error : new Error(String(error)))
    return () => undefined
  }
}

/** Changes whenever the path leads to another file, the file to another content, or it can no longer be looked at. */
async function signature(path: string): Promise<string> {
  try {
    const [own, real] = await Promise.all([look(path), lookThrough(path)])
    return [own, real].map(describe).join(' ')
  } catch (error) {
    if (error instanceof XopcError) return error.message
    throw error
  }
}

function describe(facts: FileFacts | null): string {
  return facts === null ? 'absent' : `${facts.id}:${facts.size}:${facts.changedAt}:${facts.mode}`
}
