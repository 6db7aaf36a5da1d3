import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../../support/build.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { needsPeer } from '../../support/peers.ts'
import { run } from '../../support/run.ts'
import { launcher } from '../cli/house.ts'
import { refusalIn, refused } from './house.ts'

const token = '0123456789abcdef0123456789abcdef'

describe('a state folder that is', () => {
  it.each([
    ['a file', (path: string) => writeFileSync(path, 'mine'), 'FOLDER_NOT_PRIVATE', 'it is not a folder'],
    ['a link to nowhere', (path: string) => symlinkSync('/nonexistent/xopc', path), 'FOLDER_NOT_PRIVATE', 'it is a link'],
    ['under a file', (path: string) => writeFileSync(dirname(path), 'mine'), 'FILE_NOT_READABLE', 'a part of the path is a file'],
  ])('%s: said, and left as it is', async (_what, prepare, code, reason) => {
    const stateDir = join(await tempFolder(), 'above/state')
    if (reason.startsWith('it is')) mkdirSync(dirname(stateDir))
    prepare(stateDir)
    const listing = () => readdirSync(join(stateDir, '../..'), { recursive: true })
    const before = listing()
    for (const args of [['status'], ['gateway', '--port', '0']]) {
      expect(await refused(args, { stateDir })).toMatchObject({ exit: 1, code, message: expect.stringContaining(reason) })
    }
    expect(listing()).toEqual(before)
  })

  it('where nothing can be made (/proc): said at once', async () => {
    expect(await refused(['gateway', '--port', '0'], { stateDir: '/proc/nope' })).toMatchObject({ exit: 1, code: 'FILE_NOT_WRITABLE' })
  })
})

needsPeer('second-user', 'as another user', (setpriv) => {
  const nobody = 65_534
  const unknown = 54_321

  /** As a user with no group but its own, in an environment that says nothing but this. */
  async function as(uid: number, args: readonly string[], env: NodeJS.ProcessEnv) {
    const ids = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups']
    return run([setpriv, ...ids, process.execPath, launcher, ...args], {
      env: { PATH: process.env['PATH'], ...env },
      cwd: '/',
      timeoutMs: 25_000,
    })
  }

  async function folderOf(uid: number): Promise<string> {
    const stateDir = await tempFolder()
    writeFileSync(join(stateDir, 'xopc.json'), '{ gateway: { port: 0 } } // mine', { mode: 0o600 })
    for (const path of [stateDir, join(stateDir, 'xopc.json')]) chownSync(path, uid, uid)
    return stateDir
  }

  it.each([
    ['a folder of somebody else', (_dir: string) => chownSync(_dir, 0, 0), 'STATE_NOT_OURS'],
    ['a folder to read only', (dir: string) => chmodSync(dir, 0o500), 'FILE_NOT_WRITABLE'],
    ['a configuration of somebody else', (dir: string) => chownSync(join(dir, 'xopc.json'), 0, 0), 'FILE_NOT_READABLE'],
    ['a configuration to read only', (dir: string) => chmodSync(join(dir, 'xopc.json'), 0o400), 'TOKEN_NOT_SAVED'],
  ])('%s: the gateway says it, and nothing changes', async (_what, prepare, code) => {
    const stateDir = await folderOf(nobody)
    prepare(stateDir)
    const ran = await as(nobody, ['gateway', '--json'], { XOPC_STATE_DIR: stateDir })
    expect(ran.code, ran.stderr).toBe(1)
    expect(refusalIn(ran).code).toBe(code)
    expect(readFileSync(join(stateDir, 'xopc.json'), 'utf8')).toBe('{ gateway: { port: 0 } } // mine')
    expect(existsSync(join(stateDir, 'run/gateway.json'))).toBe(false)
  })

  it.each([[['gateway']], [['status']], [['config', 'get']]])(
    'no HOME, and a user that nobody knows: xopc %j says what to set',
    async (args) => {
      const ran = await as(unknown, [...args, '--json'], {})
      expect([ran.code, refusalIn(ran)]).toEqual([
        1,
        expect.objectContaining({ code: 'NO_HOME', hint: expect.stringContaining('XOPC_STATE_DIR') }),
      ])
      expect(ran.stderr).toBe('')
    },
  )

  it('a user that nobody knows runs xopc with XOPC_STATE_DIR alone', async () => {
    const stateDir = await folderOf(unknown)
    const env = { XOPC_STATE_DIR: stateDir }
    const started = await as(unknown, ['gateway', '--background', '--json'], env)
    expect([started.code, started.stderr]).toEqual([0, ''])
    expect(await as(unknown, ['gateway', 'health'], env)).toMatchObject({ code: 0 })
    expect(await as(unknown, ['gateway', 'stop'], env)).toMatchObject({ code: 0 })
  })
})

needsPeer(['netns', 'second-user'], 'a port below 1024', (ip, setpriv) => {
  it('is named as what this user may not have', async () => {
    const stateDir = await tempFolder()
    chownSync(stateDir, 65_534, 65_534)
    // A network of its own, because this computer's may let everybody have every port.
    const script = `"${ip}" link set lo up && exec "${setpriv}" --reuid=65534 --regid=65534 --clear-groups "${process.execPath}" "${launcher}" gateway --port 81 --json`
    const ran = await run(['unshare', '-n', 'sh', '-c', script], { env: { PATH: process.env['PATH'], XOPC_STATE_DIR: stateDir }, cwd: '/' })
    expect([ran.code, refusalIn(ran)]).toEqual([
      1,
      expect.objectContaining({ code: 'PORT_NOT_PERMITTED', hint: expect.stringContaining('18790') }),
    ])
  })
})

it('what is built can be read by every user of the computer', () => {
  expect(lstatSync(join(root, 'dist')).mode & 0o555).toBe(0o555)
})

needsPeer('netns', 'a full disk', () => {
  /** A shell in a mount namespace of its own, with a small file system over the state folder; `$X` is xopc. */
  async function withSmallDisk(script: string): Promise<string> {
    const stateDir = await tempFolder()
    const env = { ...process.env, XOPC_STATE_DIR: stateDir, XDG_CACHE_HOME: join(root, 'node_modules/.cache/xopc-tests'), NO_COLOR: '1' }
    const lines = [
      'set -u',
      `mount -t tmpfs -o size=64k,mode=700 none ${stateDir}`,
      `cd ${stateDir}`,
      `X="${process.execPath} ${launcher}"`,
      script,
    ]
    const ran = await run(['unshare', '-m', 'bash', '-c', lines.join('\n')], { env, timeoutMs: 60_000 })
    expect(readdirSync(stateDir)).toEqual([])
    return ran.stdout + ran.stderr
  }

  it('refuses the edit and the start, keeps file, token and running gateway', async () => {
    const said = await withSmallDisk(`
      umask 077; echo '{ /* mine */ gateway: { port: 0, auth: { token: "${token}" } } }' > xopc.json; before=$(md5sum < xopc.json)
      $X gateway --background > /dev/null || exit 1
      cat /dev/zero > fill 2> /dev/null
      $X config set gateway.maxSseConnections=77 --json; echo "exit $?"
      $X gateway token --generate --json; echo "exit $?"
      [ "$before" = "$(md5sum < xopc.json)" ] && echo unchanged
      $X gateway health > /dev/null && echo answers
      $X gateway stop > /dev/null; echo "stop $?"
      cat /dev/zero > fill 2> /dev/null
      $X gateway --json; echo "exit $?"
      rm fill; $X gateway --background > /dev/null; echo "start $?"; $X gateway stop > /dev/null`)
    expect(said.match(/"code": "\w+"|^exit \d+|^unchanged|^answers|^(?:stop|start) \d+/gm), said).toEqual([
      '"code": "DISK_FULL"',
      'exit 1',
      '"code": "DISK_FULL"',
      'exit 1',
      'unchanged',
      'answers',
      'stop 0',
      '"code": "DISK_FULL"',
      'exit 1',
      'start 0',
    ])
  })

  it('a file that is mounted by itself is edited in place, and refused when it is mounted to read only', async () => {
    const said = await withSmallDisk(`
      umask 077; echo '{ /* mine */ gateway: { port: 9, auth: { token: "${token}" } } }' > outer.json; touch xopc.json; mount --bind outer.json xopc.json
      $X config set gateway.port=18800 > /dev/null; echo "exit $?"; $X config set gateway.port=7 > /dev/null; cat outer.json
      mount -o remount,bind,ro xopc.json
      $X config set gateway.port=8 --json; echo "exit $?"; cat outer.json`)
    const edited = `{ /* mine */ gateway: { port: 7, auth: { token: "${token}" } } }`
    expect(said.match(/"code": "\w+"|^exit \d+|^\{ .*/gm), said).toEqual([
      'exit 0',
      edited,
      '"code": "CONFIG_NOT_WRITABLE"',
      'exit 1',
      edited,
    ])
  })
})
