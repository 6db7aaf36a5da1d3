import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { openIdentity } from '../../../src/lib/identity/keypair.ts'
import { acquireLock } from '../../../src/lib/state/lock.ts'
import { type State, controlSocket, openState } from '../../../src/lib/state/store.ts'
import { createLog } from '../../../src/lib/system/log.ts'
import { systemClock } from '../../../src/lib/system/clock.ts'
import { atEnd } from '../../support/cleanup.ts'
import { type Ran, run } from '../../support/run.ts'

const script = join(import.meta.dirname, 'as-user.ts')
const somebody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] as const

/** What an unprivileged user of this computer gets when they try. */
async function somebodyTries(what: string, path: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const ran: Ran = await run([...somebody, process.execPath, script, what, path], { env: { PATH: process.env['PATH'], ...env } })
  return (ran.stdout + ran.stderr).trim()
}

/** A folder that everybody can enter, like /home. */
async function openFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'xopc-t-'))
  atEnd(async () => await rm(path, { recursive: true, force: true }))
  await chmod(path, 0o755)
  return path
}

describe("another user of this computer, with the path to somebody's state folder in hand", () => {
  let state: State
  beforeAll(async () => {
    state = await openState({ XOPC_STATE_DIR: join(await openFolder(), 'state') })
    await openIdentity(state.paths)
    await acquireLock(state, { url: 'http://127.0.0.1:1', version: '0' })
    createLog({ path: state.paths.gatewayLog, clock: systemClock }).info('x')
    const server = createServer((_, response) => response.end()).listen(controlSocket(state))
    await once(server, 'listening')
    // The folder is what keeps others out, whatever became of the socket's own mode.
    await chmod(controlSocket(state), 0o666)
    atEnd(async () => server.close())
  })

  it.each([
    ['read the identity', 'read', 'identity.json', 'FILE_NOT_READABLE'],
    ['read the log', 'read', 'logs/gateway.log', 'FILE_NOT_READABLE'],
    ['read the lock', 'read', 'run/gateway.json', 'FILE_NOT_READABLE'],
    ['connect to the control socket', 'socket', 'run/control.sock', 'EACCES'],
    ['replace the configuration', 'write', 'xopc.json', 'FILE_NOT_WRITABLE'],
    ['use it as their own', 'state', '', 'STATE_NOT_OURS'],
  ])('cannot %s', async (_name, what, path, code) => {
    expect(await somebodyTries(what, join(state.paths.dir, path))).toBe(code)
  })
})

describe('an unprivileged user', () => {
  it('cannot make a state folder where they may not write', async () => {
    expect(await somebodyTries('state', join(await openFolder(), 'state'))).toBe('FILE_NOT_WRITABLE')
  })

  it('is refused a folder of sockets in the temporary folder that somebody else made for them', async () => {
    const folder = await openFolder()
    const own = join(folder, 'o'.repeat(90))
    await mkdir(own, { mode: 0o700 })
    await chown(own, 65_534, 65_534)
    await mkdir(join(folder, 'xopc-65534'), { mode: 0o777 })
    expect(await somebodyTries('state', own, { TMPDIR: folder })).toBe('STATE_NOT_OURS')
  })

  it('keeps a file that they may not replace', async () => {
    const folder = await openFolder()
    await writeFile(join(folder, 'f'), 'old')
    expect(await somebodyTries('write', join(folder, 'f'))).toBe('FILE_NOT_WRITABLE')
    expect([await readFile(join(folder, 'f'), 'utf8'), await readdir(folder)]).toEqual(['old', ['f']])
  })
})

it('a full disk leaves the old file whole, and nothing beside it', async () => {
  const folder = await openFolder()
  const inside = `mount -t tmpfs -o size=16k tmpfs "$1" && echo old > "$1/f" && "$2" "$3" fill "$1/f"; cat "$1/f"; ls "$1"`
  const { stdout, stderr } = await run(['unshare', '-m', 'sh', '-c', inside, 'sh', folder, process.execPath, script])
  expect([stdout, stderr]).toEqual(['DISK_FULL\nold\nf\n', ''])
})
