import { createHash } from 'node:crypto'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runDirCandidates, statePaths } from '../../../src/lib/system/paths.ts'

const home = userInfo().homedir

describe('the state folder', () => {
  it.each([
    [{ XOPC_STATE_DIR: '/s' }, '/s'],
    [{ XOPC_STATE_DIR: '/s', HOME: '/h' }, '/s'],
    [{ XOPC_STATE_DIR: '/s/../t/' }, '/t'],
    [{ XOPC_STATE_DIR: 'rel' }, join(process.cwd(), 'rel')],
    [{ HOME: '/h' }, '/h/.xopc'],
    [{ XOPC_STATE_DIR: '', HOME: '/h' }, '/h/.xopc'],
    [{}, `${home}/.xopc`],
    [{ HOME: '' }, `${home}/.xopc`],
    [{ HOME: 'rel' }, `${home}/.xopc`],
  ])('with %j is %s', (env, dir) => {
    expect(statePaths(env).dir).toBe(dir)
  })

  it('has places with names that others rely on', () => {
    expect(statePaths({ XOPC_STATE_DIR: '/s' })).toEqual({
      dir: '/s',
      config: '/s/xopc.json',
      identity: '/s/identity.json',
      devices: '/s/devices.json',
      exposures: '/s/exposures.json',
      tunnel: '/s/tunnel.json',
      knownGateways: '/s/known-gateways.json',
      logs: '/s/logs',
      gatewayLog: '/s/logs/gateway.log',
      auditLog: '/s/logs/audit.log',
      run: '/s/run',
      lock: '/s/run/gateway.json',
      children: '/s/run/children.json',
    })
    expect(statePaths({ XOPC_STATE_DIR: '/s', XOPC_CONFIG: '/etc/xopc.json' }).config).toBe('/etc/xopc.json')
  })
})

describe('the folder of sockets', () => {
  const long = `/${'x'.repeat(90)}`
  const hash = createHash('sha256').update(long).digest('hex').slice(0, 12)
  const uid = process.geteuid?.()
  const pathsFor = async (env: NodeJS.ProcessEnv) =>
    (await runDirCandidates(env, statePaths(env), statePaths(env).dir)).map(({ path }) => path)

  it.each([
    ['the state folder where it is short', { XOPC_STATE_DIR: '/s', XDG_RUNTIME_DIR: '/run/user/1' }, ['/s/run']],
    [
      'else the runtime folder, else the temporary one',
      { XOPC_STATE_DIR: long, XDG_RUNTIME_DIR: '/run/user/1', TMPDIR: '/t' },
      [`/run/user/1/xopc-${hash}`, `/t/xopc-${uid}/${hash}`],
    ],
    [
      'a relative runtime folder does not count',
      { XOPC_STATE_DIR: long, XDG_RUNTIME_DIR: 'run', TMPDIR: '/t' },
      [`/t/xopc-${uid}/${hash}`],
    ],
    ['a long runtime folder does not count', { XOPC_STATE_DIR: long, XDG_RUNTIME_DIR: long, TMPDIR: '/t' }, [`/t/xopc-${uid}/${hash}`]],
  ])('is %s', async (_name, env, paths) => {
    expect(await pathsFor(env)).toEqual(paths)
  })

  it('leaves room for a socket of less than 100 bytes, counted in bytes', async () => {
    for (let length = 1; length < 120; length++) {
      const [path = ''] = await pathsFor({ XOPC_STATE_DIR: `/${'é'.repeat(length)}`, TMPDIR: '/t' })
      expect(Buffer.byteLength(`${path}/control.sock`)).toBeLessThan(100)
    }
  })

  it('fails with what to do where nothing is short', async () => {
    await expect(pathsFor({ XOPC_STATE_DIR: long, TMPDIR: long })).rejects.toMatchObject({
      code: 'SOCKET_PATH_TOO_LONG',
      hint: expect.stringContaining('XDG_RUNTIME_DIR'),
    })
  })
})
