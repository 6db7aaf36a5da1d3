import { dirname } from 'node:path'
import { type FileFacts, look, lookThrough } from './files.ts'
import { watchFolder } from './folders.ts'
import { realTarget } from './save-file.ts'

/** How a file is watched; milliseconds. */
export interface WatchOptions {
  /** Called after a change has come to rest. Never called while it still runs. */
  changed: () => Promise<void>
  /** Watching is not possible; looking now and then goes on. */
  failed: (error: Error) => void
  /** How long nothing must happen before a change counts as complete. */
  settleMs?: number
  /** How often to look, for what the system does not tell (bind mounts, network file systems). */
  pollMs?: number
}

/** Watches the file at a path: replaced, overwritten, moved away, or its link turned elsewhere. Returns the way to stop. Throws nothing. */
export function watchFile(path: string, { changed, failed, settleMs = 80, pollMs = 1000 }: WatchOptions): () => void {
  let seen: Promise<string> = signature(path)
  let settling: NodeJS.Timeout | undefined
  const folders = new Map<string, () => void>()

  const settle = (): void => {
    clearTimeout(settling)
    settling = setTimeout(() => void changed().catch(failed), settleMs)
    settling.unref()
  }
  const compare = async (): Promise<void> => {
    const before = await seen
    seen = signature(path)
    if ((await seen) !== before) settle()
    await follow()
  }
  /** The folders of the path and of what it leads to now: editors replace the file, so the file itself cannot be watched. */
  const follow = async (): Promise<void> => {
    const wanted = new Set([dirname(path), dirname(await realTarget(path))])
    for (const [folder, stop] of [...folders].filter(([folder]) => !wanted.has(folder))) {
      folders.delete(folder)
      stop()
    }
    for (const folder of wanted) if (!folders.has(folder) && (await lookThrough(folder)) !== null) folders.set(folder, watch(folder))
  }
  const watch = (folder: string): (() => void) => {
    try {
      return watchFolder(folder, () => void compare().catch(failed), failed)
    } catch (error) {
      failed(error instanceof Error ? error : new Error(String(error)))
      return () => undefined
    }
  }

  // The caller read the file before this began; what changed in between is found by one more look.
  settle()
  void follow().catch(failed)
  const poll = setInterval(() => void compare().catch(failed), pollMs)
  poll.unref()
  return () => {
    clearInterval(poll)
    clearTimeout(settling)
    for (const stop of folders.values()) stop()
    folders.clear()
  }
}

/** Changes whenever the path leads to another file or the file to another content. */
async function signature(path: string): Promise<string> {
  const [own, real] = await Promise.all([look(path), lookThrough(path)])
  return [own, real].map(describe).join(' ')
}

function describe(facts: FileFacts | null): string {
  return facts === null ? 'absent' : `${facts.id}:${facts.size}:${facts.changedAt}:${facts.mode}`
}
