import { chmod, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { describeTaken } from '../../../src/cli/gateway-took.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { type Ran, type RunOptions, run } from '../../support/run.ts'

const program = join(import.meta.dirname, '../../../bin/dev.js')
const text = "// mine\n{\n  gateway: {\n    port: 18800, // not the usual one\n    auth: { token: 'k3v0Qz8mTr5xWb1n' },\n  },\n}\n"

interface House {
  path: string
  folder: string
  config(args: string, options?: RunOptions): Promise<Ran>
}

/** A state folder with a configuration file, and `xopc config` on it. */
async function house(content: string | null = text): Promise<House> {
  const folder = await tempFolder()
  const path = join(folder, 'xopc.json')
  if (content !== null) await writeFile(path, content, { mode: 0o600 })
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, XOPC_STATE_DIR: folder, NO_COLOR: '1' }
  const config: House['config'] = (args, options = {}) =>
    run([process.execPath, program, 'config', ...args.split(' ')], { ...options, env: { ...env, ...options.env } })
  return { path, folder, config }
}

describe('xopc config', () => {
  it('path says where the file is, also by --config', async () => {
    const { path, config } = await house(null)
    expect(await config('path')).toMatchObject({
      code: 0,
      stdout: `${path}\n`,
      stderr: expect.stringContaining('does not exist') as string,
    })
    expect(JSON.parse((await config('path --config /etc/x.json --json')).stdout)).toEqual({ path: '/etc/x.json', exists: false })
  })

  it('get shows one setting as it is in effect, and the file with its secrets masked', async () => {
    const { config } = await house()
    expect((await config('get gateway.port')).stdout).toBe('18800\n')
    expect((await config('get gateway.bind')).stdout).toBe('loopback\n')
    expect(JSON.parse((await config('get gateway.bind --json')).stdout)).toEqual({
      key: 'gateway.bind',
      value: 'loopback',
      source: 'default',
    })
    const fromEnv = await config('get gateway.auth.mode --json', { env: { XOPC_GATEWAY_AUTH_MODE: 'none' } })
    expect(JSON.parse(fromEnv.stdout)).toEqual({ key: 'gateway.auth.mode', value: 'none', source: 'XOPC_GATEWAY_AUTH_MODE' })
    for (const args of ['get', 'get gateway', 'get gateway.auth.token', 'get --json']) {
      const { stdout } = await config(args)
      expect(stdout).toContain('••••••••••••')
      expect(stdout).not.toContain('k3v0')
    }
  })

  it('set changes several settings, keeps comments and answers as the API does', async () => {
    const { path, config } = await house()
    const ran = await config('set gateway.port=18801 gateway.trustedProxies=127.0.0.1 --json')
    expect(JSON.parse(ran.stdout)).toMatchObject({
      path,
      etag: expect.any(String) as string,
      config: { gateway: { port: 18_801 } },
      reload: null,
    })
    expect(await readFile(path, 'utf8')).toBe(
      text.replace('18800', '18801').replace('  },\n}', '    trustedProxies: [\n      "127.0.0.1",\n    ],\n  },\n}'),
    )
  })

  it('set takes a secret from stdin, and warns about one on the command line', async () => {
    const { path, config } = await house()
    const ran = await config('set --stdin gateway.auth.token', { input: 'Yh7dPa2cLs9fGu4e\n' })
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(await readFile(path, 'utf8')).toContain('"Yh7dPa2cLs9fGu4e"')
    expect((await config('set gateway.auth.token=Mn5jHc8qVy3pLk7d')).stderr).toContain('--stdin')
  })

  it('unset takes settings out', async () => {
    const { path, config } = await house()
    expect((await config('unset gateway.port')).code).toBe(0)
    expect(await readFile(path, 'utf8')).toBe(text.replace('    port: 18800, // not the usual one\n', ''))
  })

  it.each<[args: string, code: number, expected: string]>([
    ['set gateway.prot=1', 3, 'Did you mean gateway.port?'],
    ['set gateway.port=x', 3, 'gateway.port must be a number'],
    ['set gateway.port', 2, 'CONFIG_ASSIGNMENT'],
    ['set', 2, 'CONFIG_ASSIGNMENT'],
    ['unset', 2, 'CONFIG_ASSIGNMENT'],
    ['unset gateway.prot', 3, 'Did you mean gateway.port?'],
    ['get gateway.prot', 3, 'Did you mean gateway.port?'],
    ['set gateway.auth.token=change-me-now', 3, 'well-known'],
    ['edit', 1, 'CONFIG_NO_EDITOR'],
  ])('%s exits %i, with a hint and the file as it was', async (args, code, expected) => {
    const { path, config } = await house()
    const ran = await config(args)
    expect(ran.code).toBe(code)
    expect(ran.stderr).toContain(expected)
    expect(ran.stdout).toBe('')
    expect(await readFile(path, 'utf8')).toBe(text)
  })

  it('validate names every problem with its place', async () => {
    const { path, config } = await house('{\n  gateway: {\n    prot: 1,\n    port: "x",\n  },\n}\n')
    const ran = await config('validate')
    expect(ran.code).toBe(3)
    expect(ran.stdout).toContain(`${path}:3:5: error: There is no key gateway.prot.`)
    expect(ran.stdout).toContain(`${path}:4:5: error: gateway.port must be a number`)
    expect(JSON.parse((await config('validate --json')).stdout)).toMatchObject({ ok: false, problems: [{ line: 3 }, { line: 4 }] })
    expect(await (await house()).config('validate')).toMatchObject({ code: 0, stdout: expect.stringContaining('is good') as string })
  })

  it('schema prints what editors read', async () => {
    const { config } = await house()
    expect(JSON.parse((await config('schema')).stdout)).toMatchObject({ title: 'xopc.json', properties: { gateway: { type: 'object' } } })
  })

  it('edit takes over what the editor made of a copy, and leaves the file alone when it is broken', async () => {
    const { path, folder, config } = await house()
    const editor = async (name: string, script: string): Promise<string> => {
      await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`)
      await chmod(join(folder, name), 0o755)
      return join(folder, name)
    }
    const good = await editor('good', `sed -i s/18800/18802/ "$1"`)
    expect(await config('edit', { env: { EDITOR: good } })).toMatchObject({ code: 0 })
    expect(await readFile(path, 'utf8')).toBe(text.replace('18800', '18802'))
    const bad = await config('edit', { env: { VISUAL: await editor('bad', `echo '{' > "$1"`) } })
    expect(bad.code).toBe(3)
    const copy = (await readdir(folder)).find((name) => name.includes('.edit-'))
    expect(bad.stderr).toContain(String(copy))
    expect(await readFile(path, 'utf8')).toBe(text.replace('18800', '18802'))
    const stale = await config('edit', { env: { EDITOR: await editor('slow', `sed -i s/18802/3/ "$1"; sed -i s/18802/4/ '${path}'`) } })
    expect(stale.stderr).toContain('CONFIG_STALE')
    expect(await readFile(path, 'utf8')).toContain('port: 4')
  })
})

describe('describeTaken', () => {
  const reload = {
    ok: true,
    applied: ['gateway.upstream.url', 'gateway.corsOrigins'],
    rebound: ['gateway.port'],
    restartNeeded: ['gateway.mode'],
    problems: [],
  }

  it('says of the keys that were set how each was taken', () => {
    expect(describeTaken(['gateway.upstream', 'gateway.port'], reload)).toEqual(['applied: gateway.upstream.url', 'rebound: gateway.port'])
    expect(describeTaken(['gateway.mode'], reload)).toEqual(['restart needed: gateway.mode (xopc gateway restart)'])
    expect(describeTaken(['gateway.bind'], reload)[0]).toContain('wins')
    expect(describeTaken(['gateway.bind'], null)[0]).toContain('No gateway is running')
  })

  it('says that the gateway did not take the file', () => {
    const problem = { path: 'gateway.port', line: 1, column: 1, code: 'X', message: 'The port is odd.', severity: 'error' as const }
    expect(describeTaken(['gateway.port'], { ...reload, ok: false, problems: [problem] })).toContain('  The port is odd.')
  })
})
