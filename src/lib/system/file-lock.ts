import { setTimeout as delay } from 'node:timers/promises'
import { systemErrors } from './errors.ts'
import { createExclusive, look, readText, remove } from './files.ts'
import { liveness, markIn, ownMark } from './process-identity.ts'

/** How a lock is waited for. */
export interface FileLockOptions {
  /** Default 10,000 ms. */
  waitMs?: number
  signal?: AbortSignal
  /** What is thrown instead of `LOCK_TIMEOUT`, by the pid of who holds it. */
  busy?: (pid: number | 'unknown') => Error
}

/** A holder whose pid we cannot judge (another container) is given up on after this, as is a file that no xopc wrote. Milliseconds. */
const foreignAgeMs = 30_000
const brokenAgeMs = 2_000

/**
 * Runs `work` while no other program of xopc is in a `withFileLock` of the same path; `<path>.lock` marks it. A lock whose holder died is
 * taken over. Throws `LOCK_TIMEOUT`, `FILE_NOT_WRITABLE`, the signal's reason, and what `work` throws.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>, options: FileLockOptions = {}): Promise<T> {
  const waitMs = options.waitMs ?? 10_000
  const release = await acquire(`${path}.lock`, { waitMs, until: Date.now() + waitMs, signal: options.signal, busy: options.busy })
  try {
    return await work()
  } finally {
    await release()
  }
}

interface Wait {
  waitMs: number
  until: number
  signal: AbortSignal | undefined
  busy: FileLockOptions['busy']
}

async function acquire(lock: string, wait: Wait): Promise<() => Promise<void>> {
  const text = JSON.stringify({ id: `${Date.now()}-${Math.random()}`, ...(await ownMark()) })
  for (;;) {
    wait.signal?.throwIfAborted()
    const held = await readText(lock)
    if (held !== null) await waitOrTakeAway(lock, held, wait)
    else if (await createExclusive(lock, text, { durable: false })) return async () => await removeIf(lock, text)
  }
}

async function waitOrTakeAway(lock: string, held: string, wait: Wait): Promise<void> {
  if (await isAbandoned(lock, held)) return await takeAway(lock, held, wait)
  if (Date.now() < wait.until) return await delay(5 + Math.random() * 20)
  const pid = markIn(held)?.pid ?? 'unknown'
  throw wait.busy?.(pid) ?? systemErrors.LOCK_TIMEOUT({ path: lock, pid, seconds: wait.waitMs / 1000 })
}

/**
 * Removes an abandoned lock, and only that one: two who found it dead at the same moment must not remove the successor's. Whoever removes it
 * holds a lock named after its content; its holder is dead and every other remover waits, so between the look and the removal nobody changes it.
 */
async function takeAway(lock: string, held: string, wait: Wait): Promise<void> {
  // Loaded only here: hardly ever, and the commands that only read must not pay for it.
  const { createHash } = await import('node:crypto')
  const release = await acquire(`${lock}.${createHash('sha256').update(held).digest('hex').slice(0, 12)}`, wait)
  try {
    await removeIf(lock, held)
  } finally {
    await release()
  }
}

async function removeIf(lock: string, text: string): Promise<void> {
  if ((await readText(lock)) === text) await remove(lock)
}

async function isAbandoned(lock: string, held: string): Promise<boolean> {
  const holder = markIn(held)
  const life = holder === null ? 'broken' : await liveness(holder)
  if (life === 'alive' || life === 'gone') return life === 'gone'
  const facts = await look(lock)
  return facts !== null && Date.now() - facts.changedAt > (life === 'broken' ? brokenAgeMs : foreignAgeMs)
}
