import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { findProgram } from '../../../src/lib/system/find-program.ts'
import { exitFromShell } from '../../../src/lib/system/guarded.ts'
import { eachLine } from '../../../src/lib/system/lines.ts'
import { commandHashOf, liveness, markIn, markOf, ownMark, startTimeIn } from '../../../src/lib/system/process-identity.ts'
import { run, sendSignal, spawnDetached } from '../../../src/lib/system/process.ts'
import { tempFolder } from '../../support/cleanup.ts'

describe('run', () => {
  it('gives code and output, both streams', async () => {
    expect(await run('sh', ['-c', 'echo out; echo err >&2; exit 3'])).toEqual({
      code: 3,
      signal: null,
      stdout: 'out\n',
      stderr: 'err\n',
      truncated: false,
      timedOut: false,
    })
  })

  it('gives the signal that ended it', async () => {
    expect(await run('sh', ['-c', 'kill -9 $$'])).toMatchObject({ code: null, signal: 'SIGKILL' })
  })

  it('passes arguments as they are, input and environment', async () => {
    const { stdout } = await run('sh', ['-c', 'echo "$1"; cat; env', 'sh', '$(id) `id`; "'], {
      input: 'in\n',
      env: { PATH: process.env['PATH'], ONLY: 'this' },
    })
    expect(stdout).toContain('$(id) `id`; "\nin\n')
    expect(stdout).toContain('ONLY=this')
    expect(stdout).not.toContain('HOME=')
  })

  it('keeps what fits of its output', async () => {
    const { stdout, truncated } = await run('sh', ['-c', 'yes | head -c 100000'], { maxOutput: 1000 })
    expect([stdout.length, truncated]).toEqual([1000, true])
  })

  it('does not mind input that nobody reads', async () => {
    expect(await run('true', [], { input: 'x'.repeat(10_000_000) })).toMatchObject({ code: 0 })
  })

  it('does not wait for what the program left running', async () => {
    const started = performance.now()
    const { stdout } = await run('sh', ['-c', 'sleep 3 & echo done'])
    expect([stdout, performance.now() - started < 2000]).toEqual(['done\n', true])
  })

  it('ends it as soon as it has said enough', async () => {
    const script = 'echo no; sleep 0.1; echo that is it; exec sleep 60'
    const begin = Date.now()
    expect(await run('sh', ['-c', script], { enough: (said) => said.includes('it\n') })).toMatchObject({
      code: null,
      stdout: 'no\nthat is it\n',
      timedOut: false,
    })
    expect(Date.now() - begin).toBeLessThan(5000)
  })

  it('gives what it said by then, where a late one is asked for', async () => {
    const script = 'echo here; exec sleep 9'
    expect(await run('sh', ['-c', script], { timeoutMs: 300, late: 'result' })).toMatchObject({
      code: null,
      stdout: 'here\n',
      timedOut: true,
    })
  })

  it.each([
    ['an unknown program', ['xopc-no-such-program'], {}, 'PROGRAM_NOT_FOUND'],
    ['a file that is no program', ['/etc/passwd'], {}, 'PROGRAM_NOT_STARTED'],
    ['one that takes too long', ['sleep', '9'], { timeoutMs: 100 }, 'PROGRAM_TIMEOUT'],
    ['one that does not mind TERM', ['sh', '-c', 'trap "" TERM; while :; do sleep 0.1; done'], { timeoutMs: 100 }, 'PROGRAM_TIMEOUT'],
  ] as const)('fails with a code: %s', async (_name, [program, ...args], options, code) => {
    await expect(run(program, args, options)).rejects.toMatchObject({ code })
  })

  it('ends with the signal, and says its reason', async () => {
    const reason = new Error('enough')
    await expect(run('sleep', ['9'], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const abort = new AbortController()
    const running = run('sh', ['-c', 'echo $$; exec sleep 9'], { signal: abort.signal })
    abort.abort(reason)
    await expect(running).rejects.toBe(reason)
  })
})

it('a detached program writes to its file and tells its end', async () => {
  const output = join(await tempFolder(), 'out')
  const { pid, exited } = await spawnDetached('sh', ['-c', 'echo $$; echo err >&2; exit 4'], { output })
  expect(await exited).toEqual({ code: 4, signal: null })
  expect((await run('cat', [output])).stdout).toBe(`${pid}\nerr\n`)
  await expect(spawnDetached('xopc-no-such-program', [], { output })).rejects.toMatchObject({ code: 'PROGRAM_NOT_FOUND' })
})

describe('finding a program', () => {
  it('takes the first on PATH that may be run, never from the current folder', async () => {
    const folder = await tempFolder()
    await mkdir(join(folder, 'a/tool'), { recursive: true })
    for (const name of ['b', 'c', 'd']) await mkdir(join(folder, name))
    await writeFile(join(folder, 'b/tool'), '')
    await writeFile(join(folder, 'c/tool'), '', { mode: 0o755 })
    await symlink('../c/tool', join(folder, 'd/tool'))
    const find = async (...names: string[]) =>
      await findProgram('tool', { PATH: names.map((name) => (name === '' ? '' : join(folder, name))).join(':') })
    expect(await find('none', 'a', 'b', 'c')).toBe(join(folder, 'c/tool'))
    expect(await find('d')).toBe(join(folder, 'd/tool'))
    await expect(find('a', 'b', '')).rejects.toMatchObject({ code: 'PROGRAM_NOT_FOUND' })
    await expect(findProgram('tool', { PATH: '.' })).rejects.toMatchObject({ code: 'PROGRAM_NOT_FOUND' })
    await expect(findProgram('tool', {})).rejects.toMatchObject({ code: 'PROGRAM_NOT_FOUND' })
    expect(await findProgram(join(folder, 'c/tool'), {})).toBe(join(folder, 'c/tool'))
  })
})

it.each([
  ['a\nb\n', ['a', 'b']],
  ['a\r\nb', ['a', 'b']],
  ['\n\n', ['', '']],
  ['ü'.repeat(3), ['üüü']],
  [`${'x'.repeat(20_000)}\ny`, ['x'.repeat(8192), 'y']],
  ['', []],
])('lines of %j', async (text, expected) => {
  const stream = new PassThrough()
  const lines: string[] = []
  eachLine(stream, (line) => lines.push(line))
  for (const byte of Buffer.from(text)) stream.write(Buffer.of(byte))
  stream.end()
  await new Promise((resolve) => stream.once('close', resolve))
  expect(lines).toEqual(expected)
})

it.each([
  [0, { code: 0, signal: null }],
  [127, { code: 127, signal: null }],
  [128, { code: 128, signal: null }],
  [137, { code: null, signal: 'SIGKILL' }],
  [143, { code: null, signal: 'SIGTERM' }],
  [255, { code: 255, signal: null }],
])('the exit %i of a shell is %j', (code, exit) => {
  expect(exitFromShell(code)).toEqual(exit)
})

describe('knowing a process again', () => {
  it('reads the start from the table of the kernel, whatever the name', () => {
    const rest = 'S 1 2 3 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 176094 9 10'
    expect(startTimeIn(`42 (node) ${rest}`)).toBe('176094')
    expect(startTimeIn(`42 (a) R 1 (b)) ${rest}`)).toBe('176094')
    expect(startTimeIn(`42 (node) Z${rest.slice(1)}`)).toBeNull()
  })

  it('tells alive, gone, recycled and foreign apart', async () => {
    const us = await ownMark()
    expect(us.pid).toBe(process.pid)
    expect(await liveness(us)).toBe('alive')
    expect(await liveness({ ...us, startTime: '1' })).toBe('gone')
    expect(await liveness({ ...us, pid: 4_194_303 })).toBe('gone')
    expect(await liveness({ ...us, bootId: 'other' })).toBe('unknown')
    expect(await liveness({ ...us, pidNamespace: 'other' })).toBe('unknown')
    expect(await markOf(4_194_303)).toBeNull()
    expect(await commandHashOf(4_194_303)).toBeNull()
    expect(await commandHashOf(process.pid)).toMatch(/^[\da-f]{64}$/)
  })

  it.each([
    '',
    'null',
    '[]',
    '{"pid":1',
    '{"pid":"1","startTime":"1","bootId":"b","pidNamespace":""}',
    '{"pid":-1,"startTime":"1","bootId":"b","pidNamespace":""}',
    '{"pid":0,"startTime":"1","bootId":"b","pidNamespace":""}',
    '{"pid":1.5,"startTime":"1","bootId":"b","pidNamespace":""}',
  ])('finds no process in %s', (text) => expect(markIn(text)).toBeNull())

  it('sends signals only to what is there', () => {
    expect([sendSignal(process.pid, 0), sendSignal(4_194_303, 0)]).toEqual([true, false])
  })
})
