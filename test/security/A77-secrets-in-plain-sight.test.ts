import { readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createSupervisor } from '../../src/lib/supervisor/supervisor.ts'
import { openState } from '../../src/lib/state/store.ts'
import { systemClock } from '../../src/lib/system/clock.ts'
import { silentLog } from '../../src/lib/system/log.ts'
import { atEnd, tempFolder } from '../support/cleanup.ts'
import { startGateway, xopc } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

// Arguments can be read by every user of the computer, logs by whoever gets a support bundle, replies by whoever may read.

const secrets = {
  token: 'a1b2c3d4'.repeat(6),
  registration: 'registration-secret-of-the-broker',
  upstream: 'password-of-the-app',
  proxy: 'shared-secret-of-the-proxy',
}
const all = Object.values(secrets)

function leaks(text: string): string[] {
  return all.filter((secret) => text.includes(secret))
}

const app = await startUpstream()
const config = {
  gateway: {
    auth: { token: secrets.token, trustedProxy: { sharedSecret: secrets.proxy } },
    upstream: { url: app.url.replace('http://', `http://app:${secrets.upstream}@`) },
  },
  tunnel: { registrationSecret: secrets.registration },
}
const gateway = await startGateway({ config, env: { XOPC_LOG_LEVEL: 'debug' } })

it('no secret stands in the arguments of the gateway', () => {
  expect(leaks(readFileSync(`/proc/${gateway.pid}/cmdline`, 'utf8'))).toEqual([])
})

it('a token given as a flag does not stay in the arguments of a gateway in the background', async () => {
  for (const flag of [[`--token=${secrets.token}`], ['--token', secrets.token]]) {
    const stateDir = await tempFolder()
    const started = await xopc(['gateway', '--background', '--json', '--port', '0', ...flag], { stateDir })
    expect(started, started.stderr).toMatchObject({ code: 0 })
    // `as`: what the command prints.
    const { pid, url } = JSON.parse(started.stdout) as { pid: number; url: string }
    try {
      expect(leaks(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))).toEqual([])
      const answer = await fetch(`${url}/api/status`, { headers: { authorization: `Bearer ${secrets.token}` } })
      expect(answer.status, 'the flag still counts').toBe(200)
      expect(leaks(folderText(join(stateDir, 'logs')))).toEqual([])
    } finally {
      await xopc(['gateway', 'stop'], { stateDir })
    }
  }
})

it('a program that the gateway keeps running has no secret of ours in its environment or arguments', async () => {
  const stateDir = await tempFolder()
  const state = await openState({ XOPC_STATE_DIR: stateDir })
  const supervisor = createSupervisor({ state, clock: systemClock, log: silentLog })
  atEnd(() => supervisor.stopAll())
  const before = { ...process.env }
  Object.assign(process.env, { XOPC_GATEWAY_TOKEN: secrets.token, XOPC_TUNNEL_REGISTRATION_SECRET: secrets.registration })
  try {
    const child = supervisor.start({ name: 'child', command: 'sleep', args: ['60'], env: { ...process.env, GIVEN: 'yes' } })
    await child.ready()
    const environment = readFileSync(`/proc/${child.pid()}/environ`, 'utf8')
    expect(environment).toContain('GIVEN=yes')
    expect(leaks(environment + readFileSync(`/proc/${child.pid()}/cmdline`, 'utf8'))).toEqual([])
    expect(environment).not.toContain('XOPC_')
    expect(leaks(folderText(join(stateDir, 'run')))).toEqual([])
  } finally {
    process.env = before
  }
})

it('no secret stands in a reply, not even the owner’s', async () => {
  for (const path of [
    'status',
    'overview',
    'config',
    'openapi.json',
    'audit',
    'logs',
    'access/lan/plan',
    'access/lan/diagnose',
    'probe/request',
  ]) {
    const answer = await gateway.fetch(`/xopc/api/${path}`)
    expect(leaks(await answer.text()), path).toEqual([])
  }
  expect(leaks(await (await gateway.fetch('/xopc/metrics')).text())).toEqual([])
})

it('no secret stands in what the commands print unasked', async () => {
  for (const args of [
    ['status'],
    ['status', '--json'],
    ['gateway', 'status', '--json'],
    ['gateway', 'token'],
    ['config', 'get'],
    ['config', 'get', '--json'],
    ['config', 'validate', '--json'],
    ['gateway', 'logs', '--lines', '500'],
    ['lan', 'status', '--json'],
  ]) {
    const ran = await gateway.xopc(args)
    expect(leaks(ran.stdout + ran.stderr), args.join(' ')).toEqual([])
  }
  expect((await gateway.xopc(['gateway', 'token', '--show'])).stdout).toContain(secrets.token)
})

it('no secret is logged, whatever is done with it', async () => {
  const base = gateway.url
  const send = (path: string, headers: Record<string, string> = {}) => fetch(base + path, { headers }).then((answer) => answer.text())
  await send('/', { authorization: `Bearer ${secrets.token}` })
  await send('/xopc/api/status', { 'x-xopc-token': secrets.token, authorization: 'Bearer wrong-wrong-wrong' })
  await send(`/xopc/api/status?token=${secrets.token}`)
  await send(`/xopc/api/status#${secrets.token}`)
  await send('/xopc/api/status', { origin: `https://${secrets.token}.example` })
  await send('/xopc/api/status', { 'x-forwarded-for': secrets.token })
  app.kill()
  await send('/', { authorization: `Bearer ${secrets.token}` })
  await gateway.xopc(['config', 'set', `gateway.upstream.url=http://app:${secrets.upstream}@127.0.0.1:9`])
  await gateway.xopc(['config', 'set', 'gateway.port=not-a-number'])
  await gateway.xopc(['config', 'set', `gateway.prot=${secrets.registration}`])
  const path = join(gateway.stateDir, 'xopc.json')
  await writeFile(path, readFileSync(path, 'utf8').replace('{', `{ tokne: "${secrets.token}",`))
  await expect.poll(() => gateway.log(), { timeout: 10_000 }).toContain('not taken up')
  await gateway.stop()
  expect(leaks(folderText(join(gateway.stateDir, 'logs')) + gateway.output())).toEqual([])
})

function folderText(folder: string): string {
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => !path.endsWith('.sock'))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n')
}
