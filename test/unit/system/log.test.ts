import { mkdir, readFile, readdir, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createAudit } from '../../../src/lib/system/audit.ts'
import { createLog, logLevelOf } from '../../../src/lib/system/log.ts'
import { followLines } from '../../../src/lib/system/log-follow.ts'
import { tempFolder } from '../../support/cleanup.ts'

const clock = { now: () => Date.UTC(2026, 10, 24) }
const linesOf = async (path: string) => (await readFile(path, 'utf8')).trimEnd().split('\n')
const lastOf = async (path: string): Promise<unknown> => JSON.parse((await linesOf(path)).at(-1) ?? '')

async function open(more: Partial<Parameters<typeof createLog>[0]> = {}) {
  const path = join(await tempFolder(), 'gateway.log')
  return { path, log: createLog({ path, clock, ...more }) }
}

describe('the log', () => {
  it('is JSON lines with time, level and message, in a file of 0600', async () => {
    const { path, log } = await open()
    log.child({ part: 'lan' }).warn('hello', { port: 1 })
    expect(await linesOf(path)).toEqual(['{"time":"2026-11-24T00:00:00.000Z","level":"warn","message":"hello","part":"lan","port":1}'])
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('leaves out what is below its level', async () => {
    const { path, log } = await open({ level: 'warn' })
    for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level](level)
    expect((await linesOf(path)).map((line) => JSON.parse(line).level)).toEqual(['warn', 'error'])
  })

  it.each([
    [undefined, 'info'],
    ['', 'info'],
    ['DEBUG', 'debug'],
    ['warn', 'warn'],
    ['loud', null],
  ])('takes XOPC_LOG_LEVEL=%s as %s', (text, level) => {
    expect(logLevelOf(text === undefined ? {} : { XOPC_LOG_LEVEL: text })).toBe(level)
  })

  it('cannot be forged: fields do not replace time, level and message, and a line is a line', async () => {
    const { path, log } = await open()
    log.info('a\n{"level":"error"}', { level: 'error', time: 'never', message: 'other' })
    expect(await linesOf(path)).toHaveLength(1)
    expect(await lastOf(path)).toEqual({ time: '2026-11-24T00:00:00.000Z', level: 'info', message: 'a\n{"level":"error"}' })
  })

  it('A93: shows no control, bidi or invisible character to a terminal', async () => {
    const { path, log } = await open()
    const text = 'a\u001b[31m\u009b\u202e\u2066\u200b\u2028\u{e0041}\u0007\u007f'
    log.info(text, { [text]: [text] })
    const raw = await readFile(path, 'utf8')
    expect(raw.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    expect(await lastOf(path)).toMatchObject({ message: text, [text]: [text] })
  })

  it('A39: holds no secret, wherever it stood', async () => {
    const { path, log } = await open({ secrets: () => ['correct horse', 'ab'] })
    const error = new Error('cannot reach http://u:pw1@h/?token=tok1', { cause: new Error('Bearer tok222') })
    log.error('GET /?ticket=tik1 said correct horse', {
      error,
      headers: { authorization: 'tok3', 'X-Xopc-Token': 'tok4', cookie: 'tok5', accept: 'text/html' },
      list: ['xopc_dt_tok6', new Map([['password', 'tok7']]), new Set(['?token=tok8'])],
      url: new URL('http://u:tok9@h/'),
      token: 12_345_678,
    })
    const raw = await readFile(path, 'utf8')
    expect(raw).not.toMatch(/tok\d|pw1|tik1|horse|12345678/)
    expect(raw).toContain('"accept":"text/html"')
    expect(raw).toContain('cannot reach')
  })

  it('takes anything as a field, bounded', async () => {
    const { path, log } = await open()
    const circle: Record<string, unknown> = { name: 'circle' }
    circle['self'] = circle
    log.info('x', {
      circle,
      big: 10n,
      at: new Date(0),
      none: undefined,
      never: new Date(Number.NaN),
      call: () => 1,
      long: 'x'.repeat(1e6),
      many: Array(1e5).fill(1),
    })
    expect(await lastOf(path)).toMatchObject({ big: '10', at: '1970-01-01T00:00:00.000Z', never: 'invalid date' })
    log.info('y', Object.fromEntries([...Array(90).keys()].map((key) => [key, 'x'.repeat(3000)])))
    expect(await lastOf(path)).toMatchObject({ message: 'y', shortened: expect.any(Number) })
    expect((await readFile(path)).length).toBeLessThan(40_000)
  })

  it('is set aside by size; five old ones stay', async () => {
    const { path, log } = await open()
    for (let mebibytes = 0; mebibytes < 40 * 300; mebibytes++) log.info('x'.repeat(3400))
    const names = (await readdir(join(path, '..'))).toSorted()
    expect(names).toEqual(['gateway.log', 'gateway.log.1', 'gateway.log.2', 'gateway.log.3', 'gateway.log.4', 'gateway.log.5'])
    for (const name of names) expect((await stat(join(path, '..', name))).size).toBeLessThanOrEqual(5 * 1024 * 1024)
    await expect(linesOf(`${path}.1`)).resolves.toHaveLength(Math.floor((5 * 1024 * 1024) / ((await linesOf(path))[0]?.length ?? 0)))
  })

  it('that cannot be opened is an error; one that cannot be written is told once, and stops nobody', async () => {
    const folder = await tempFolder()
    expect(() => createLog({ path: folder, clock })).toThrow(expect.objectContaining({ code: 'FILE_NOT_WRITABLE' }))
    const failures: string[] = []
    const lines: string[] = []
    const log = createLog({
      path: '/dev/full',
      clock,
      onFailure: (error) => failures.push(error.message),
      onLine: (line) => lines.push(line),
    })
    log.info('one')
    log.info('two')
    expect(failures).toEqual([expect.stringContaining('the disk is full')])
    expect(lines).toHaveLength(2)
  })
})

it('the audit log names its event', async () => {
  const path = join(await tempFolder(), 'audit.log')
  createAudit({ path, clock }).write('AuthAudit.blocked', { source: '192.0.2.1', token: 'x', event: 'forged' })
  expect(await linesOf(path)).toEqual([
    '{"time":"2026-11-24T00:00:00.000Z","event":"AuthAudit.blocked","source":"192.0.2.1","token":"[redacted]"}',
  ])
})

it('following gives the lines from now on, across a rotation, until the signal', { timeout: 10_000 }, async () => {
  const { path, log } = await open()
  log.info('before')
  const done = new AbortController()
  const lines = followLines(path, done.signal)
  const next = async (): Promise<unknown> => JSON.parse((await lines.next()).value ?? '{}').message
  const first = next()
  const writing = setInterval(() => log.info('now'), 50)
  expect(await first).toBe('now')
  clearInterval(writing)
  log.info('last of the old')
  await rename(path, `${path}.1`)
  createLog({ path, clock }).info('first of the new')
  let seen: unknown
  while ((seen = await next()) === 'now');
  expect([seen, await next()]).toEqual(['last of the old', 'first of the new'])
  const end = lines.next()
  done.abort()
  expect(await end).toEqual({ value: undefined, done: true })
})

it('following waits for a file that is not there yet', async () => {
  const path = join(await tempFolder(), 'logs/gateway.log')
  const lines = followLines(path, AbortSignal.timeout(5000))
  const first = lines.next()
  await mkdir(join(path, '..'))
  createLog({ path, clock }).info('born')
  expect(JSON.parse((await first).value ?? '')).toMatchObject({ message: 'born' })
  await lines.return()
})
