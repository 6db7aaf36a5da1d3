import { isDeepStrictEqual } from 'node:util'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tempFolder } from '../../support/cleanup.ts'
import { startGateway, xopc } from '../../support/gateway.ts'
import { run, start } from '../../support/run.ts'
import { errorIn, launcher } from './house.ts'

async function stateWith(files: Record<string, string>): Promise<string> {
  const stateDir = await tempFolder()
  await mkdir(join(stateDir, 'logs'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(stateDir, name), text)
  return stateDir
}

describe('help', () => {
  it.each([
    [[], /USAGE[^]*gateway[^]*lan[^]*status/],
    [['--help'], /USAGE[^]*gateway/],
    [['help'], /autocomplete/],
    [['lan'], /lan off[^]*lan on[^]*lan status/],
    [['lan', 'on', '--help'], /--address=<ip>[^]*--dry-run/],
    [['help', 'gateway', 'logs'], /--follow/],
    [['gateway', '-h'], /--upstream=<url>[^]*gateway start/],
  ])('xopc %j', async (args, wanted) => {
    const { code, stdout, stderr } = await xopc(args)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(wanted)
  })
})

describe('what is typed wrong', () => {
  it.each([
    [['stauts'], 'UNKNOWN_COMMAND', 'Type `xopc status`.'],
    [['gateway', 'stauts'], 'UNKNOWN_COMMAND', 'Type `xopc gateway status`.'],
    [['lan', 'onn'], 'UNKNOWN_COMMAND', 'Type `xopc lan on`.'],
    [['zzzzzzzz'], 'UNKNOWN_COMMAND', 'Type `xopc help`.'],
    [['status', '--chek'], 'USAGE', 'Type `xopc status --help` to see what this command takes.'],
    [['gateway', '--port', '99999'], 'USAGE', 'Type `xopc gateway --help` to see what this command takes.'],
    [['gateway', 'logs', '--lines'], 'USAGE', 'Type `xopc gateway logs --help` to see what this command takes.'],
    [['gateway', '--tailscale', 'maybe'], 'USAGE', 'Type `xopc gateway --help` to see what this command takes.'],
  ])('xopc %j: exit 2, %s', async (args, errorCode, hint) => {
    const human = await xopc(args)
    expect([human.code, human.stdout]).toEqual([2, ''])
    expect(human.stderr.split('\n')).toHaveLength(4)
    expect(human.stderr).toContain(hint)
    const json = await xopc([...args, '--json'])
    expect([json.code, json.stderr]).toEqual([2, ''])
    expect(errorIn(json.stdout)).toMatchObject({ code: errorCode, hint, docs: expect.stringContaining('docs/errors.md#') })
  })
})

describe('without a gateway', () => {
  it.each([[['gateway', 'status']], [['gateway', 'health']], [['gateway', 'stop']], [['gateway', 'restart']], [['status', '--watch']]])(
    'xopc %j: exit 1 and how to start one',
    async (args) => {
      const { code, stdout } = await xopc([...args, '--json'])
      expect(code).toBe(1)
      expect(errorIn(stdout)).toMatchObject({ code: 'GATEWAY_NOT_RUNNING', hint: expect.stringContaining('xopc gateway') })
    },
  )

  it.each([
    [['status'], 0],
    [['status', '--check'], 1],
    [['lan', 'status'], 0],
    [['lan', 'off', '--dry-run'], 0],
    [['gateway', 'logs'], 0],
    [['gateway', 'token'], 1],
  ])('xopc %j: exit %d, no stack', async (args, exit) => {
    const { code, stdout, stderr } = await xopc(args)
    expect(code).toBe(exit)
    expect(stdout + stderr).not.toMatch(/^ +at /m)
  })

  it('makes a token that is shown only when asked for', async () => {
    const stateDir = await tempFolder()
    const made = await xopc(['gateway', 'token', '--generate'], { stateDir })
    const shown = await xopc(['gateway', 'token', '--show'], { stateDir })
    expect(made).toMatchObject({ code: 0 })
    expect(shown.stdout).toMatch(/^[0-9a-f]{48}\n$/)
    expect(made.stdout + made.stderr).not.toContain(shown.stdout.trim())
  })
})

describe('a plain status', () => {
  it.each([[[]], [['--json']], [['--check']], [['--json', '--check']]])(
    'with %j says and ends the same as by way of the parser',
    async (words) => {
      const stateDir = await tempFolder()
      const given = ['--config', join(stateDir, 'xopc.json')]
      // The addresses of this computer come and go while other tests run, so two runs may differ once.
      const look = async () => {
        const [plain, parsed] = await Promise.all([
          xopc(['status', ...words], { stateDir }),
          xopc(['status', ...words, ...given], { stateDir }),
        ])
        expect(plain.stdout).not.toBe('')
        return { plain, same: isDeepStrictEqual(plain, parsed) }
      }
      await expect.poll(look, { timeout: 20_000 }).toMatchObject({ same: true })
    },
  )
})

describe('a broken configuration', () => {
  const broken = '{\n  gateway: {\n    prt: 1,\n    port: "no"\n  }\n}\n'

  it.each([[['status']], [['gateway']], [['lan', 'on']]])(
    'xopc %j: exit 3, every problem with its line, the file untouched',
    async (args) => {
      const stateDir = await stateWith({ 'xopc.json': broken })
      const { code, stdout } = await xopc([...args, '--json'], { stateDir })
      expect(code).toBe(3)
      const error = errorIn(stdout) as unknown as { problems: { line: number }[] }
      expect(new Set(error.problems.map(({ line }) => line))).toEqual(new Set([3, 4]))
      expect(await readFile(join(stateDir, 'xopc.json'), 'utf8')).toBe(broken)
      expect((await xopc(args, { stateDir })).stderr).toMatch(/line 3: .*\n.*line 4: /)
    },
  )

  it('is the one that --config names', async () => {
    const stateDir = await stateWith({ 'xopc.json': broken, 'other.json': '{}' })
    expect((await xopc(['status', '--config', join(stateDir, 'other.json')], { stateDir })).code).toBe(0)
    expect((await xopc(['status', `--config=${join(stateDir, 'other.json')}`], { stateDir })).code).toBe(0)
  })
})

describe('output', () => {
  const lines = Array.from({ length: 5000 }, (_, count) => JSON.stringify({ level: 'info', message: `line ${count}` })).join('\n')

  it('ends quietly when its reader has enough', async () => {
    const stateDir = await stateWith({ 'logs/gateway.log': `${lines}\n` })
    const script = `"${process.execPath}" "${launcher}" gateway logs --lines 5000 | head -n 1; echo "exit \${PIPESTATUS[0]}"`
    const { stdout, stderr } = await run(['bash', '-c', script], {
      env: { PATH: process.env['PATH'], HOME: stateDir, XOPC_STATE_DIR: stateDir },
    })
    expect(stderr).toBe('')
    expect(stdout).toBe('info line 0\nexit 0\n')
  })

  it('has no colour and no cursor movement without a terminal', async () => {
    const { stdout, stderr } = await xopc(['status'])
    expect(stdout + stderr).not.toContain('\u001b')
  })

  it('ends with 130 at Ctrl-C', async () => {
    const stateDir = await stateWith({ 'logs/gateway.log': `${lines}\n` })
    const child = start([process.execPath, launcher, 'gateway', 'logs', '--follow', '--lines', '1'], {
      env: { PATH: process.env['PATH'], HOME: stateDir, XOPC_STATE_DIR: stateDir },
    })
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    expect(await once(child, 'exit')).toEqual([130, null])
  })
})

describe('with a gateway', () => {
  it('is one set of commands about it', async () => {
    const gateway = await startGateway()
    const status = await gateway.xopc(['gateway', 'status', '--json'])
    expect(JSON.parse(status.stdout)).toMatchObject({ pid: gateway.pid, url: gateway.url })
    expect((await gateway.xopc(['gateway', 'health'])).code).toBe(0)
    expect((await gateway.xopc(['status', '--check'])).code).toBe(0)
    expect((await gateway.xopc(['gateway', 'status'])).stdout).toContain('Next: ')
    const stopped = await gateway.xopc(['gateway', 'stop', '--json'])
    expect([stopped.code, JSON.parse(stopped.stdout)]).toEqual([0, { stopped: true }])
    expect((await gateway.xopc(['gateway', 'health'])).code).toBe(1)
  })

  it('watches it line by line without a terminal, until it ends', async () => {
    const gateway = await startGateway()
    const child = start([process.execPath, launcher, 'status', '--watch', '--json'], {
      env: { PATH: process.env['PATH'], HOME: gateway.stateDir, XOPC_STATE_DIR: gateway.stateDir },
    })
    const gone = once(child, 'exit')
    const [first] = (await once(child.stdout, 'data')) as [Buffer]
    expect(JSON.parse(String(first).split('\n')[0] ?? '')).toMatchObject({ running: true })
    await gateway.stop()
    expect(await gone).toEqual([0, null])
  })

  it('starts it in the background, once', async () => {
    const stateDir = await stateWith({ 'xopc.json': '{gateway: {port: 0}}' })
    const started = await xopc(['gateway', '--background', '--json'], { stateDir })
    try {
      expect(JSON.parse(started.stdout)).toMatchObject({ url: expect.stringContaining('http://127.0.0.1:') })
      const second = await xopc(['gateway', '--background', '--json'], { stateDir })
      expect([second.code, errorIn(second.stdout).code]).toEqual([1, 'GATEWAY_ALREADY_RUNNING'])
      const again = await xopc(['gateway', 'restart', '--json'], { stateDir })
      expect(JSON.parse(again.stdout)).toMatchObject({ restarted: true })
    } finally {
      expect((await xopc(['gateway', 'stop'], { stateDir })).code).toBe(0)
    }
  })
})
