import { utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { withFileLock } from '../../../src/lib/system/file-lock.ts'
import { systemCode } from '../../../src/lib/system/file-errors.ts'
import { readText } from '../../../src/lib/system/files.ts'
import { ownMark } from '../../../src/lib/system/process-identity.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { run } from '../../support/run.ts'

describe('one after the other', () => {
  it('programs lose nothing, also when some die in the middle', { timeout: 60_000 }, async () => {
    const path = join(await tempFolder(), 'count')
    await writeFile(path, '0')
    const counters = Array.from({ length: 6 }, async (_, index) => {
      const dies = index % 2 === 0
      return await run([process.execPath, join(import.meta.dirname, 'counter.ts'), path, '40', dies ? '25' : 'never'], {
        timeoutMs: 50_000,
      })
    })
    const outcomes = await Promise.all(counters)
    expect(outcomes.map(({ signal, stderr }) => [signal, stderr])).toEqual(
      [0, 1, 2, 3, 4, 5].map((index) => [index % 2 === 0 ? 'SIGKILL' : null, '']),
    )
    // Who dies does so with the lock in hand, before it writes for the 26th time.
    expect(await readText(path)).toBe(String(3 * 40 + 3 * 25))
    // One of them may have been the last; its lock holds nobody up.
    await withFileLock(path, async () => {}, { waitMs: 500 })
    expect(await readText(`${path}.lock`)).toBeNull()
  })

  it('tasks of one program too', async () => {
    const path = join(await tempFolder(), 'f')
    let [inside, most] = [0, 0]
    const task = async () => {
      most = Math.max(most, ++inside)
      await new Promise((resolve) => setTimeout(resolve, 2))
      inside--
    }
    await Promise.all(Array.from({ length: 10 }, async () => await withFileLock(path, task)))
    expect(most).toBe(1)
  })

  it('what fails inside is passed on, and the lock is free', async () => {
    const path = join(await tempFolder(), 'f')
    const failure = new Error('inside')
    await expect(withFileLock(path, async () => await Promise.reject(failure))).rejects.toBe(failure)
    expect(await withFileLock(path, async () => 'free')).toBe('free')
  })
})

describe('a lock that is held', () => {
  it('is waited for only so long, and its holder is named', async () => {
    const path = join(await tempFolder(), 'f')
    await writeFile(`${path}.lock`, JSON.stringify(await ownMark()))
    const waiting = withFileLock(path, async () => {}, { waitMs: 100 })
    await expect(waiting).rejects.toMatchObject({
      code: 'LOCK_TIMEOUT',
      message: expect.stringContaining(`pid ${process.pid}`),
      hint: expect.stringContaining('.lock'),
    })
    const reason = new Error('enough')
    await expect(withFileLock(path, async () => {}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  it.each([
    ['half-written, just now', '{"pid":', 0, 'LOCK_TIMEOUT'],
    ['half-written, a while ago', '{"pid":', 5, 'taken'],
    ['of another container, just now', { pidNamespace: 'other' }, 0, 'LOCK_TIMEOUT'],
    ['of another container, long ago', { pidNamespace: 'other' }, 60, 'taken'],
    ['of a recycled pid', { startTime: '1' }, 0, 'taken'],
  ])('is judged: %s', async (_name, content, ageSeconds, outcome) => {
    const path = join(await tempFolder(), 'f')
    await writeFile(`${path}.lock`, typeof content === 'string' ? content : JSON.stringify({ ...(await ownMark()), ...content }))
    const then = Date.now() / 1000 - ageSeconds
    await utimes(`${path}.lock`, then, then)
    const result = withFileLock(path, async () => 'taken', { waitMs: 100 })
    expect(await result.catch(systemCode)).toBe(outcome)
  })
})
