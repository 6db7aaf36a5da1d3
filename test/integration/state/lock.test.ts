import { once } from 'node:events'
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { openIdentity } from '../../../src/lib/identity/keypair.ts'
import { acquireLock, isAlive, lockStatus, readLock } from '../../../src/lib/state/lock.ts'
import { type State, controlSocket, openState } from '../../../src/lib/state/store.ts'
import { systemCode } from '../../../src/lib/system/file-errors.ts'
import { markOf, ownMark } from '../../../src/lib/system/process-identity.ts'
import { atEnd, tempFolder } from '../../support/cleanup.ts'
import { start } from '../../support/run.ts'

const info = { url: 'http://127.0.0.1:1', version: '0' }
const refusal = { code: 'GATEWAY_ALREADY_RUNNING' }
const openNew = async () => await openState({ XOPC_STATE_DIR: await tempFolder() })

/** A process that starts in each folder it is told. */
function startStarter() {
  const child = start([process.execPath, join(import.meta.dirname, 'starter.ts')], { timeoutMs: 60_000 })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const kill = async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
  atEnd(kill)
  return {
    pid: child.pid ?? 0,
    kill,
    async startIn(dir: string): Promise<string> {
      child.stdin.write(`${dir}\n`)
      return String((await lines.next()).value)
    },
  }
}

async function writeLock(state: State, over: object): Promise<void> {
  const lock = { ...(await ownMark()), ...info, socket: controlSocket(state), apiLevel: 1, ...over }
  await writeFile(state.paths.lock, JSON.stringify(lock))
}

async function answering(state: State): Promise<void> {
  const server = createServer((_, response) => response.end('{}')).listen(controlSocket(state))
  await once(server, 'listening')
  atEnd(async () => server.close())
}

describe('several starts at once', () => {
  const remains: readonly (readonly [name: string, prepare: (state: State, dead: object) => Promise<void>])[] = [
    ['nothing there', async () => {}],
    ['the lock of a gateway that was killed', async (state, dead) => await writeLock(state, dead)],
    ['a recycled pid', async (state) => await writeLock(state, { startTime: '1' })],
    ['a half-written lock', async (state) => await writeFile(state.paths.lock, '{"pid": 1, "sta')],
    ['a starter that died while it looked', async (state, dead) => await writeFile(`${state.paths.lock}.lock`, JSON.stringify(dead))],
  ]

  let starters: ReturnType<typeof startStarter>[] = []
  beforeAll(() => {
    starters = Array.from({ length: 10 }, startStarter)
  })

  it.each(remains)('exactly one wins, and all agree on the identity: %s', { timeout: 60_000 }, async (_name, prepare) => {
    const victim = startStarter()
    const dead = { ...(await markOf(victim.pid)) }
    await victim.kill()
    for (let round = 0; round < 20; round++) {
      const state = await openNew()
      await prepare(state, dead)
      const outcomes = await Promise.all(starters.map(async (starter) => await starter.startIn(state.paths.dir)))
      const winners = outcomes.filter((outcome) => outcome.startsWith('won'))
      expect(outcomes.filter((outcome) => outcome === 'GATEWAY_ALREADY_RUNNING')).toHaveLength(9)
      expect(winners, outcomes.join(' ')).toEqual([`won ${(await openIdentity(state.paths)).publicKey}`])
      expect(starters[outcomes.indexOf(winners[0] ?? '')]?.pid).toBe((await readLock(state))?.pid)
      expect((await readdir(state.paths.run)).toSorted()).toEqual(['gateway.json'])
    }
  })

  it('after kill -9 the next one takes over at once', async () => {
    const state = await openNew()
    const first = startStarter()
    expect(await first.startIn(state.paths.dir)).toMatch(/^won/)
    await expect(acquireLock(state, info)).rejects.toMatchObject({ ...refusal, message: expect.stringContaining(`pid ${first.pid}`) })
    await first.kill()
    const began = performance.now()
    await acquireLock(state, info)
    expect(performance.now() - began).toBeLessThan(1000)
  })
})

describe('a second start', () => {
  it('is refused while the first one starts, with pid, url and what to do', async () => {
    const state = await openNew()
    const first = await acquireLock(state, info)
    await first.update({ url: 'http://127.0.0.1:4711' })
    const message = `A gateway already runs on this state folder: pid ${process.pid}, http://127.0.0.1:4711.`
    await expect(acquireLock(state, info)).rejects.toMatchObject({
      ...refusal,
      message,
      hint: expect.stringContaining('xopc gateway stop'),
    })
    await first.release()
    await first.release()
    expect(await readLock(state)).toBeNull()
  })

  it('never removes the lock of who came after', async () => {
    const state = await openNew()
    const first = await acquireLock(state, info)
    await writeLock(state, { pid: 1 })
    await first.release()
    expect((await readLock(state))?.pid).toBe(1)
  })
})

describe('what a lock says', () => {
  it('is believed when its gateway answers, whoever the pid is', async () => {
    const state = await openNew()
    await answering(state)
    for (const over of [{}, { startTime: '1' }, { bootId: 'other' }, { pidNamespace: 'other' }]) {
      await writeLock(state, over)
      const lock = await readLock(state)
      if (lock === null) throw new Error('the lock is there')
      expect([await isAlive(lock), await lockStatus(state, lock)]).toEqual([true, 'answering'])
      await expect(acquireLock(state, info)).rejects.toMatchObject(refusal)
    }
  })

  it.each([
    ['our own process', {}, 0, 'silent'],
    ['a recycled pid', { startTime: '1' }, 0, 'stale'],
    ['a pid that is gone', { pid: 4_194_303 }, 0, 'stale'],
    ['another boot, just now (another computer that starts)', { bootId: 'other' }, 0, 'silent'],
    ['another boot, a while ago', { bootId: 'other' }, 60, 'stale'],
    ['another container, just now', { pidNamespace: 'other' }, 0, 'silent'],
    ['another container, a while ago', { pidNamespace: 'other' }, 60, 'stale'],
  ])('without an answer is judged: %s', async (_name, over, age, status) => {
    const state = await openNew()
    await writeLock(state, over)
    const then = Date.now() / 1000 - age
    await utimes(state.paths.lock, then, then)
    const lock = await readLock(state)
    expect(lock && (await lockStatus(state, lock))).toBe(status)
    const start = acquireLock(state, info).then(() => 'started', systemCode)
    expect(await start).toBe(status === 'stale' ? 'started' : refusal.code)
  })

  it.each(['', '{', 'null', '[]', '{"pid":1}', '{"pid":1,"startTime":"1","bootId":"b","pidNamespace":"n"}'])(
    'that is broken (%s) holds nobody up',
    async (text) => {
      const state = await openNew()
      await writeFile(state.paths.lock, text)
      expect(await readLock(state)).toBeNull()
      await acquireLock(state, info)
      expect(JSON.parse(await readFile(state.paths.lock, 'utf8'))).toMatchObject({ pid: process.pid, ...info, apiLevel: 1 })
    },
  )

  it('is not followed to a socket in a folder that others can write', async () => {
    const state = await openNew()
    const open = join(await tempFolder(), 'open')
    await mkdir(open)
    await expect(isAlive({ socket: join(open, 's') })).rejects.toMatchObject({ code: 'FOLDER_NOT_PRIVATE' })
    expect(await isAlive({ socket: join(state.paths.dir, 'none/s') })).toBe(false)
  })
})
