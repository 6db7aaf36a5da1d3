import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { childrenIn } from '../../../src/lib/state/children.ts'
import { type State, openState } from '../../../src/lib/state/store.ts'
import { type ChildSpec, createSupervisor } from '../../../src/lib/supervisor/supervisor.ts'
import { type Clock, systemClock } from '../../../src/lib/system/clock.ts'
import { silentLog } from '../../../src/lib/system/log.ts'
import { spawnGuarded } from '../../../src/lib/system/guarded.ts'
import { run } from '../../../src/lib/system/process.ts'
import { commandHashOf, markOf } from '../../../src/lib/system/process-identity.ts'
import { atEnd, tempFolder } from '../../support/cleanup.ts'
import { start } from '../../support/run.ts'

const openNew = async () => await openState({ XOPC_STATE_DIR: await tempFolder() })
const isThere = async (pid: number) => (await markOf(pid)) !== null

/** Milliseconds until none of them runs. */
async function goneAfter(pids: readonly number[], boundMs: number): Promise<number> {
  const began = performance.now()
  while ((await Promise.all(pids.map(isThere))).includes(true)) {
    if (performance.now() - began > boundMs) throw new Error(`still there after ${boundMs} ms: ${pids.join(' ')}`)
    await systemClock.sleep(20)
  }
  return performance.now() - began
}

/** What runs in the process groups, ended programs that nobody collects left out. */
async function membersOf(groups: readonly string[]): Promise<string[]> {
  const rows = (await run('ps', ['-eo', 'pgid=,stat=,args='])).stdout.split('\n').map((row) => row.trim())
  return rows.filter((row) => groups.includes(row.split(/\s+/)[0] ?? '') && !/^\d+\s+Z/.test(row))
}

async function supervise(parts: { clock?: Clock; state?: State } = {}) {
  const state = parts.state ?? (await openNew())
  const supervisor = createSupervisor({ state, clock: systemClock, log: silentLog, ...parts })
  atEnd(async () => await supervisor.stopAll())
  const sh = (script: string, more: Partial<ChildSpec> = {}) =>
    supervisor.start({ name: 'child', command: 'sh', args: ['-c', script], ready: (line) => line === 'ready', ...more })
  return { state, supervisor, sh, recorded: async () => childrenIn(await readFile(state.paths.children, 'utf8')) }
}

/** Waits are over at once; how long they would have been is kept. */
function impatientClock(): Clock & { waits: number[] } {
  const waits: number[] = []
  const sleep = async (ms: number, signal?: AbortSignal) => {
    if (ms >= 9000) return await systemClock.sleep(ms, signal)
    waits.push(ms)
    await systemClock.sleep(1, signal)
  }
  return { waits, now: systemClock.now, sleep }
}

describe('after kill -9 of the gateway its programs end by themselves within 5 s', () => {
  const stubborn = `trap '' TERM HUP INT; echo ready; while :; do sleep 0.2; done`
  it.each([
    ['one that minds TERM', 'echo ready; exec sleep 60'],
    ['one that does not', stubborn],
    ['one with a child of its own', 'sleep 60 & echo "child $!"; echo ready; wait'],
    ['one whose child does not mind TERM', `sh -c "${stubborn}" & echo "child $!"; echo ready; wait`],
    ['one that closed all its files', 'echo ready; exec sleep 60 <&- >&- 2>&-'],
  ])('%s', { timeout: 20_000 }, async (_name, script) => {
    const state = await openNew()
    const gateway = start([process.execPath, join(import.meta.dirname, 'gateway-with-children.ts'), script, 'echo ready; exec sleep 60'], {
      env: { ...process.env, XOPC_STATE_DIR: state.paths.dir },
    })
    atEnd(async () => void gateway.kill('SIGKILL'))
    const pids: number[] = []
    for await (const line of createInterface({ input: gateway.stdout })) {
      if (line === 'all') break
      pids.push(Number(line.split(' ')[1]))
    }
    const groups = (await run('ps', ['-o', 'pgid=', '-p', pids.join()])).stdout.trim().split(/\s+/)
    expect(pids.length).toBeGreaterThan(1)
    expect(await Promise.all(pids.map(isThere))).not.toContain(false)
    gateway.kill('SIGKILL')
    const began = performance.now()
    await once(gateway, 'exit')
    await goneAfter(pids, 5000)
    await expect.poll(async () => await membersOf(groups), { timeout: 5000 - (performance.now() - began) }).toEqual([])
  })
})

describe('a guarded program', () => {
  it('passes on lines, code and signal', async () => {
    const lines: string[] = []
    const program = await spawnGuarded({
      program: 'sh',
      args: ['-c', 'echo "$1"; printf err >&2; exit 7', 'sh', 'a b'],
      onLine: (line) => lines.push(line),
    })
    expect(await program.exited).toEqual({ code: 7, signal: null })
    expect(lines.toSorted()).toEqual(['a b', 'err'])
    const killed = await spawnGuarded({ program: 'sleep', args: ['60'] })
    process.kill(killed.pid, 'SIGUSR1')
    expect(await killed.exited).toEqual({ code: null, signal: 'SIGUSR1' })
  })

  it('leaves nothing when it ends by itself', async () => {
    const lines: string[] = []
    const program = await spawnGuarded({
      program: 'sh',
      args: ['-c', 'trap "" TERM; sleep 60 & echo $!; exit 0'],
      onLine: (line) => lines.push(line),
    })
    expect(await program.exited).toEqual({ code: 0, signal: null })
    await goneAfter([Number(lines[0])], 1000)
  })

  it('ends when its guard is killed, and is not called gone before', async () => {
    const program = await spawnGuarded({ program: 'sleep', args: ['60'] })
    const guard = Number((await run('ps', ['-o', 'ppid=', '-p', String(program.pid)])).stdout)
    process.kill(guard, 'SIGKILL')
    await program.exited
    expect(await isThere(program.pid)).toBe(false)
  })

  it.each([
    ['minds TERM', 'exec sleep 60', 1000],
    ['does not', "trap '' TERM; while :; do sleep 0.1; done", 4500],
  ])('is stopped in bounded time: one that %s', async (_name, script, boundMs) => {
    const program = await spawnGuarded({ program: 'sh', args: ['-c', script] })
    const began = performance.now()
    await Promise.all([program.stop(), program.stop()])
    expect(performance.now() - began).toBeLessThan(boundMs)
    expect(await isThere(program.pid)).toBe(false)
    await program.stop()
  })

  it('does not see our pipes', async () => {
    const lines: string[] = []
    const program = await spawnGuarded({ program: 'sh', args: ['-c', 'ls /proc/$$/fd; exec sleep 0'], onLine: (line) => lines.push(line) })
    await program.exited
    expect(lines.toSorted().filter((fd) => Number(fd) < 10)).toEqual(['0', '1', '2'])
  })

  it('that does not exist is said at once', async () => {
    await expect(spawnGuarded({ program: 'xopc-no-such-program', args: [] })).rejects.toMatchObject({ code: 'PROGRAM_NOT_FOUND' })
  })
})

describe('the supervisor', () => {
  it('says when a program is ready, records it, and forgets it when it is stopped', async () => {
    const { sh, recorded } = await supervise()
    const lines: string[] = []
    const child = sh('printf "\\033[31mstarting\\033[0m\\n"; echo ready; sleep 60', { onLine: (line) => lines.push(line) })
    await child.ready()
    expect(lines).toEqual(['starting', 'ready'])
    const pid = child.pid() ?? 0
    await expect.poll(async () => (await recorded())[0]).toMatchObject({ name: 'child', pid, argvHash: await commandHashOf(pid) })
    await child.stop()
    expect([child.pid(), await isThere(pid), await recorded()]).toEqual([null, false, []])
  })

  it.each([
    ['ends', { args: ['-c', 'echo cannot bind >&2; exit 3'] }, 'it ended with code 3', 'cannot bind'],
    ['is killed', { args: ['-c', 'kill -9 $$'] }, 'it was ended by SIGKILL', '(nothing)'],
    [
      'is not ready in time',
      { args: ['-c', 'echo one; echo two; exec sleep 60'], readyTimeoutMs: 200 },
      'it was not ready within 0.2 s',
      'one | two',
    ],
    ['is not there', { command: 'xopc-no-such-program' }, 'The program xopc-no-such-program was not found.', '(nothing)'],
  ])('tells why a start failed: it %s', async (_name, spec, reason, output) => {
    const { sh } = await supervise()
    const child = sh('', spec)
    await expect(child.ready()).rejects.toMatchObject({
      code: 'CHILD_FAILED',
      message: `child did not start: ${reason}. Its last words: ${output}`,
    })
    await child.stop()
    await expect(child.ready()).rejects.toMatchObject({ code: 'CHILD_FAILED' })
  })

  it('starts it again after ever longer waits, and gives it a new chance to be ready', async () => {
    const clock = impatientClock()
    const { sh, state } = await supervise({ clock })
    const counter = join(state.paths.dir, 'count')
    const child = sh(`echo x >> ${counter}; [ $(wc -l < ${counter}) -lt 5 ] && exit 1; echo ready; exec sleep 60`)
    await expect(child.ready()).rejects.toMatchObject({ code: 'CHILD_FAILED' })
    await expect
      .poll(
        async () =>
          await child.ready().then(
            () => 'ready',
            () => 'failed',
          ),
        { timeout: 8000 },
      )
      .toBe('ready')
    expect(clock.waits).toHaveLength(4)
    for (const [index, wait] of clock.waits.entries()) expect(wait).toBeGreaterThanOrEqual(250 * 2 ** index)
    expect(await readFile(counter, 'utf8')).toBe('x\n'.repeat(5))
  })

  it('counts anew after a healthy time', async () => {
    const clock = impatientClock()
    let days = 0
    // Every look at the clock is a day later: each run was a long one.
    const { sh } = await supervise({ clock: { ...clock, now: () => ++days * 86_400_000 } })
    const child = sh('exit 1', { ready: () => true })
    await expect.poll(() => clock.waits.length, { timeout: 8000 }).toBeGreaterThan(4)
    await child.stop()
    expect(Math.max(...clock.waits)).toBeLessThanOrEqual(500)
  })

  it('brings back a program that was killed', async () => {
    const { sh } = await supervise({ clock: impatientClock() })
    const child = sh('echo ready; exec sleep 60')
    await child.ready()
    const first = child.pid() ?? 0
    process.kill(first, 'SIGKILL')
    await expect.poll(() => child.pid() ?? first, { timeout: 5000 }).not.toBe(first)
    await child.ready()
    expect(await isThere(first)).toBe(false)
  })

  it.each([
    ['while it starts', 'echo ready; exec sleep 60', 0],
    ['while it is not ready', 'exec sleep 60', 100],
    ['while it waits to start again', 'exit 1', 100],
  ])('can be stopped at any time: %s', async (_name, script, afterMs) => {
    const { sh, supervisor } = await supervise()
    const child = sh(script)
    await systemClock.sleep(afterMs)
    const began = performance.now()
    await Promise.all([supervisor.stopAll(), child.stop()])
    expect(performance.now() - began).toBeLessThan(1500)
    expect(child.pid()).toBeNull()
  })

  it('keeps a program whose record cannot be written', async () => {
    const state = await openNew()
    await writeFile(join(state.paths.run, 'x'), '')
    const child = createSupervisor({
      state: { paths: { ...state.paths, children: join(state.paths.run, 'x/y') } },
      clock: systemClock,
      log: silentLog,
    }).start({
      name: 'child',
      command: 'sleep',
      args: ['60'],
    })
    await child.ready()
    expect(child.pid()).not.toBeNull()
    await child.stop()
  })
})

describe('what an earlier gateway left', () => {
  /** A program that nobody guards, recorded with `over` in the place of the truth. */
  async function leave(over: object) {
    const { state, supervisor, recorded } = await supervise()
    const orphan = start(['sleep', '60'])
    atEnd(async () => void orphan.kill('SIGKILL'))
    await once(orphan, 'spawn')
    const pid = orphan.pid ?? 0
    await expect.poll(async () => (await run('ps', ['-o', 'args=', '-p', String(pid)])).stdout).toContain('sleep 60')
    const child = { name: 'sleep', ...(await markOf(pid)), argvHash: await commandHashOf(pid), ...over }
    await writeFile(state.paths.children, JSON.stringify([child]))
    await supervisor.reapOrphans()
    return { alive: await isThere(pid), recorded: await recorded() }
  }

  it.each([
    ['is ended when everything matches', {}, false],
    ['is left alone with another start time: a recycled pid', { startTime: '1' }, true],
    ['is left alone with another command line', { argvHash: 'f'.repeat(64) }, true],
    ['is left alone after another boot', { bootId: 'other' }, true],
    ['is left alone in another pid namespace', { pidNamespace: 'other' }, true],
  ])('%s', async (_name, over, alive) => {
    expect(await leave(over)).toEqual({ alive, recorded: [] })
  })

  it.each([
    '',
    '{',
    'null',
    '{}',
    '[null, 1, {"pid": 1}]',
    '[{"pid":-1,"startTime":"1","bootId":"b","pidNamespace":"n","name":"x","argvHash":"y"}]',
  ])('in a broken record (%s) is nobody', async (text) => {
    const { state, supervisor } = await supervise()
    await writeFile(state.paths.children, text)
    await supervisor.reapOrphans()
  })
})
