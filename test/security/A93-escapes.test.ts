import { createServer } from 'node:http'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { cleanText } from '../../src/lib/protocol/outside-text.ts'
import { createSupervisor } from '../../src/lib/supervisor/supervisor.ts'
import { openState } from '../../src/lib/state/store.ts'
import { ownMark } from '../../src/lib/system/process-identity.ts'
import { systemClock } from '../../src/lib/system/clock.ts'
import { createLog } from '../../src/lib/system/log.ts'
import { atEnd, tempFolder } from '../support/cleanup.ts'
import { xopc } from '../support/gateway.ts'
import { start } from '../support/run.ts'
import { openHouse } from './doors.ts'

// Text from outside that moves the cursor, rewrites what was printed, adds lines to a log or shows letters in another order.

const evil = 'good\u001b[2J\u001b]0;owned\u0007\u009b31m\r\nINFO admin signed in\u202Eetirw\u2066\u200Bend'
/** What must never come through raw. */
// oxlint-disable-next-line no-control-regex
const raw = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/

const house = await openHouse({ app: true, gateway: { trustedProxies: ['127.0.0.1'] } })

/** JSON of ASCII alone. */
function ascii(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

it('in request headers: neither in replies, nor in the logs, nor on the terminal', async () => {
  const { local } = house.doors
  // With escape characters no request is read at all; the rest must be let through as far as the judgement to be a test of it.
  for (const bytes of [evil.replaceAll(/[\r\n]/g, ' '), 'good\u202Eetirw\u2066\u200Bend\u0085'].map((text) =>
    Buffer.from(text).toString('latin1'),
  ))
    for (const lines of [
      [`Origin: http://${bytes}`],
      [`X-Forwarded-For: ${bytes}`],
      [`X-Forwarded-Host: ${bytes}`],
      [`Host: ${bytes}`],
      [`User-Agent: ${bytes}`, 'Authorization: Bearer wrong-wrong-wrong'],
      [`Authorization: Bearer ${bytes}`],
      [`Cookie: xopc_session=${bytes}`],
    ]) {
      const answer = await local.ask('GET /xopc/api/status', lines)
      expect(Buffer.from(answer.body, 'latin1').toString(), lines[0]).not.toMatch(raw)
    }
  const body = ascii({ nonce: 'n'.repeat(40), origin: `http://${evil}` })
  const challenge = await local.ask('POST /xopc/api/gateway-identity/challenge', ['Content-Type: application/json'], { body })
  expect(Buffer.from(challenge.body, 'latin1').toString()).not.toMatch(raw)
  const patch = await local.ask('PATCH /xopc/api/config', [house.bearer, 'Content-Type: application/json'], {
    body: ascii({ [`gateway.${evil}`]: 1, 'gateway.bind': evil }),
  })
  expect(patch.status).toBeGreaterThanOrEqual(400)
  expect(Buffer.from(patch.body, 'latin1').toString()).not.toMatch(raw)
  for (const name of ['gateway.log', 'audit.log']) {
    expect(await readFile(join(house.gateway.stateDir, 'logs', name), 'utf8'), name).not.toMatch(raw)
  }
  expect((await house.gateway.xopc(['gateway', 'logs', '--lines', '500'])).stdout).not.toMatch(raw)
})

it('in a configuration file: not on the terminal', async () => {
  const stateDir = await tempFolder()
  const text = `{ gateway: { ${JSON.stringify(evil)}: 1, bind: ${JSON.stringify(evil)}, publicUrl: ${JSON.stringify(`https://${evil}`)}, corsOrigins: [${JSON.stringify(evil)}] } }`
  await writeFile(join(stateDir, 'xopc.json'), text, { mode: 0o600 })
  for (const args of [
    ['gateway'],
    ['config', 'validate'],
    ['status'],
    ['config', 'get', 'gateway.bind'],
    ['config', 'set', `gateway.${evil}=1`],
    [evil],
  ]) {
    const ran = await xopc(args, { stateDir })
    expect(ran.stderr, args[0]).not.toMatch(raw)
    // What was asked for is given as it is only where a program reads it.
    if (args[1] !== 'get') expect(ran.stdout, args[0]).not.toMatch(raw)
  }
})

it('in the name of a program that holds the port', async () => {
  const name = 'evil\u001b[31m\u202E'
  const script = `process.title = ${JSON.stringify(name)}; require('node:net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port) })`
  const squatter = start([process.execPath, '-e', script], { timeoutMs: 60_000 })
  atEnd(async () => void squatter.kill('SIGKILL'))
  const port = await new Promise<string>((resolve) => squatter.stdout.once('data', (data: Buffer) => resolve(String(data).trim())))
  for (const json of [[], ['--json']]) {
    const ran = await xopc(['gateway', '--port', port, ...json])
    expect(ran.code).toBe(1)
    expect(ran.stdout + ran.stderr).toContain('PORT_IN_USE')
    expect(ran.stdout + ran.stderr).not.toMatch(raw)
  }
})

it('in the output of a program that is kept running', async () => {
  const stateDir = await tempFolder()
  const state = await openState({ XOPC_STATE_DIR: stateDir })
  const log = createLog({ path: join(stateDir, 'logs/gateway.log'), clock: systemClock })
  const supervisor = createSupervisor({ state, clock: systemClock, log })
  atEnd(() => supervisor.stopAll())
  const child = supervisor.start({
    name: 'evil',
    ready: () => false,
    command: process.execPath,
    args: ['-e', `console.log(${JSON.stringify(evil)}); process.exit(3)`],
  })
  const error: unknown = await child.ready().catch((reason: unknown) => reason)
  await supervisor.stopAll()
  expect(String(error)).toContain('good')
  expect(String(error).replaceAll('\n', ' ')).not.toMatch(raw)
  expect(await readFile(join(stateDir, 'logs/gateway.log'), 'utf8')).not.toMatch(raw)
})

it('in the answers of what poses as the gateway', async () => {
  const stateDir = await tempFolder()
  const socket = join(stateDir, 'run/control.sock')
  await mkdir(join(stateDir, 'run'), { mode: 0o700 })
  const server = createServer((req, res) => {
    const health = { status: 'ok', version: evil, uptime: 1 }
    res.writeHead(req.url?.endsWith('health') ? 200 : 500, { 'content-type': 'application/json', 'x-xopc-api': '1' })
    res.end(JSON.stringify(req.url?.endsWith('health') ? health : { error: evil, code: evil, hint: evil }))
  }).listen(socket)
  atEnd(() => new Promise((resolve) => server.close(resolve)))
  const lock = { ...(await ownMark()), url: `http://127.0.0.1:1/${evil}`, socket, version: evil, apiLevel: 1 }
  await writeFile(join(stateDir, 'run/gateway.json'), JSON.stringify(lock), { mode: 0o600 })
  for (const args of [
    ['status'],
    ['status', '--json'],
    ['gateway', 'status'],
    ['gateway', 'health'],
    ['lan', 'on'],
    ['lan', 'status'],
    ['gateway'],
  ]) {
    const ran = await xopc(args, { stateDir })
    expect(ran.stdout + ran.stderr, args.join(' ')).not.toMatch(raw)
  }
})

it.each([
  [evil, 'good INFO admin signed inetirwend'],
  ['a\u0000b\u007fc', 'abc'],
  ['\u001b]8;;http://evil.example\u0007link\u001b]8;;\u0007', 'link'],
  ['x'.repeat(100), `${'x'.repeat(63)}…`],
])('%j is shown as %j', (text, shown) => {
  expect(cleanText(text, 64)).toBe(shown)
})
