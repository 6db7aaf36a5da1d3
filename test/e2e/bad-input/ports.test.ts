import { existsSync, readFileSync, readdirSync, readlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { atEnd, tempFolder } from '../../support/cleanup.ts'
import { startGateway, xopc } from '../../support/gateway.ts'
import { refused } from './house.ts'

async function stranger(): Promise<number> {
  const server = createServer((_req, res) => res.end('stranger')).listen(0, '127.0.0.1')
  atEnd(async () => void server.close())
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

const starts = [['gateway'], ['gateway', '--background']]

describe('a second start', () => {
  it.each(starts.map((args) => [args]))('by xopc %j names the first, which goes on', async (args) => {
    const gateway = await startGateway()
    const lock = readFileSync(join(gateway.stateDir, 'run/gateway.json'))
    const refusal = await refused(args, { stateDir: gateway.stateDir })
    expect(refusal).toMatchObject({
      exit: 1,
      code: 'GATEWAY_ALREADY_RUNNING',
      message: expect.stringContaining(`pid ${gateway.pid}, ${gateway.url}`),
    })
    expect(readFileSync(join(gateway.stateDir, 'run/gateway.json'))).toEqual(lock)
    expect((await gateway.fetch('/api/status')).status).toBe(200)
  })

  it('at the same moment: one runs, the others say so', async () => {
    const stateDir = await tempFolder()
    const start = () => xopc(['gateway', '--port', '0', '--background', '--json'], { stateDir })
    const ran = await Promise.all([start(), start(), start()])
    atEnd(() => xopc(['gateway', 'stop'], { stateDir }))
    expect(ran.map(({ code }) => Number(code)).toSorted((one, other) => one - other)).toEqual([0, 1, 1])
    const codes = ran.filter(({ code }) => code === 1).map(({ stdout }) => JSON.parse(stdout).error.code)
    expect(codes).toEqual(['GATEWAY_ALREADY_RUNNING', 'GATEWAY_ALREADY_RUNNING'])
  })
})

describe('a port that is taken', () => {
  it.each([...starts, ['gateway', '--force']].map((args) => [args]))('by a stranger: xopc %j leaves it alone and no lock', async (args) => {
    const [port, stateDir] = [await stranger(), await tempFolder()]
    const refusal = await refused([...args, '--port', String(port)], { stateDir })
    expect(refusal).toMatchObject({ exit: 1, code: 'PORT_IN_USE', message: expect.stringContaining(`(pid ${process.pid})`) })
    expect(refusal.message).not.toContain('MainThread')
    expect(refusal.hint).toContain(`--port ${port + 1}`)
    expect(existsSync(join(stateDir, 'run/gateway.json'))).toBe(false)
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('stranger')
  })

  it('by a gateway of another state folder: it is called one, and --force does not end it', async () => {
    const gateway = await startGateway()
    const refusal = await refused(['gateway', '--force', '--port', String(gateway.port)])
    expect(refusal).toMatchObject({ code: 'PORT_IN_USE', message: expect.stringContaining(`by another xopc gateway (pid ${gateway.pid})`) })
    expect((await gateway.fetch('/api/status')).status).toBe(200)
  })

  it('when the setting is changed under a running gateway: it stays where it was, and says so', async () => {
    const [gateway, port] = [await startGateway(), await stranger()]
    const { stdout } = await gateway.xopc(['config', 'set', `gateway.port=${port}`])
    expect(stdout).toContain('could not follow, and goes on where it was')
    expect(stdout).not.toContain('rebound')
    expect((await gateway.xopc(['status'])).stdout).toContain(`Port ${port} on 127.0.0.1 is taken`)
    expect((await gateway.fetch('/api/status')).status).toBe(200)
  })
})

it('--force ends our own gateway and takes its place, with the same token', async () => {
  const first = await startGateway()
  const second = await startGateway({ stateDir: first.stateDir, args: ['--force'] })
  expect(second.token).toBe(first.token)
  expect(() => process.kill(first.pid, 0)).toThrow('ESRCH')
  expect((await second.fetch('/api/status')).status).toBe(200)
})

describe('a run/gateway.json', () => {
  const other = { startTime: '1', bootId: '11111111-1111-1111-1111-111111111111', pidNamespace: readlinkSync('/proc/self/ns/pid') }
  const fields = { url: 'http://127.0.0.1:1', version: '0.0.0', apiLevel: 1 }
  it.each([
    ['of another container, from a while ago', (dir: string) => lock(dir, { pid: process.pid, pidNamespace: 'pid:[1]' })],
    ['that is empty', () => ''],
    ['of garbage', () => '\u001b[2Jgarbage'],
    ['half-written', () => '{"pid":1'],
    ['that is a list', () => '[]'],
    ['that is null', () => 'null'],
    ['of wrong types', () => '{"pid":-1,"url":5,"socket":{}}'],
    ['of a process that is gone', (dir: string) => lock(dir, { pid: 4_194_000 })],
    ['of another boot, its number a stranger’s now', (dir: string) => lock(dir, { pid: process.pid, ...other })],
    ['whose number is a stranger’s now', (dir: string) => lock(dir, { pid: process.pid, ...thisBoot() })],
  ])('%s: nobody runs, nobody is ended, and a start takes over', async (_what, text) => {
    const stateDir = await tempFolder()
    writeFileSync(join(stateDir, 'xopc.json'), '{ gateway: { port: 0, auth: { token: "0123456789abcdef0123456789abcdef" } } }')
    await xopc(['status'], { stateDir })
    const file = join(stateDir, 'run/gateway.json')
    writeFileSync(file, text(stateDir))
    // What cannot be judged by its number has some seconds to come up.
    utimesSync(file, 1, Date.now() / 1000 - 60)
    expect(await refused(['gateway', 'status'], { stateDir })).toMatchObject({ exit: 1, code: 'GATEWAY_NOT_RUNNING' })
    expect(await refused(['gateway', 'stop'], { stateDir })).toMatchObject({ exit: 1, code: 'GATEWAY_NOT_RUNNING' })
    const gateway = await startGateway({ stateDir, args: ['--force'] })
    expect((await gateway.fetch('/api/status')).status).toBe(200)
    await gateway.stop()
    expect(readdirSync(join(stateDir, 'run')).filter((name) => name.startsWith('gateway.json'))).toEqual([])
  })

  function lock(dir: string, who: Record<string, unknown>): string {
    return JSON.stringify({ ...fields, ...thisBoot(), socket: join(dir, 'run/control.sock'), ...who })
  }

  function thisBoot() {
    return {
      startTime: '1',
      bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      pidNamespace: readlinkSync('/proc/self/ns/pid'),
    }
  }
})

it.each([
  [['gateway', '--port', 'abc'], '--port must be an integer, not abc.'],
  [['gateway', '--port', '99999'], '--port must be'],
  [['gateway', '--prot', '1'], '--prot'],
  [['sta\u001b[2Jtus'], 'There is no command'],
])('wrong usage %j: exit 2 and what is wrong', async (args, message) => {
  expect(await refused(args)).toMatchObject({ exit: 2, message: expect.stringContaining(message) })
})

it('a pipe that closes early is no error', async () => {
  const { run } = await import('../../support/run.ts')
  const { launcher } = await import('../cli/house.ts')
  const script = `"${process.execPath}" "${launcher}" config schema | head -1; echo "\${PIPESTATUS[0]}"`
  const ran = await run(['bash', '-c', script], { env: { ...process.env, HOME: await tempFolder() } })
  expect([ran.stdout, ran.stderr]).toEqual(['{\n0\n', ''])
})
