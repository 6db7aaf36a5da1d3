import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../support/build.ts'
import { needsPeer } from '../support/peers.ts'
import { run } from '../support/run.ts'

const install = join(root, 'test/peers/install')

describe('test/peers/install', () => {
  it('lists what is there as JSON', async () => {
    const { code, stdout } = await run([install, '--list'])
    expect(code).toBe(0)
    const list: { name: string; path: string; version: string }[] = JSON.parse(stdout)
    expect(list.filter(({ name, path, version }) => basename(path) !== name || !existsSync(path) || !version)).toEqual([])
  })

  it.each([['no-such-peer'], ['--no-such-option']])('refuses %s', async (argument) => {
    expect(await run([install, argument])).toMatchObject({ code: 2, stderr: expect.stringContaining(argument) })
  })
})

const installed = ['nginx', 'caddy', 'wrk', 'curl', 'ip', 'chromium', 'sshd']
const built = ['caddy-2.11', 'pebble', 'pebble-challtestsrv', 'tailscale', 'tailscaled', 'tailnet-control', 'mcp-inspector']

needsPeer([...installed, ...built], 'test/peers/install, again', () => {
  it('only looks', async () => {
    expect(await run([install])).toMatchObject({ code: 0, stdout: '', stderr: '' })
  })
})

describe('a suite whose program is missing', () => {
  const vitest = (env: NodeJS.ProcessEnv) => {
    const { XOPC_REQUIRE_PEERS: _, ...outer } = process.env
    const argv = [process.execPath, 'node_modules/vitest/vitest.mjs', 'run', '--config', 'test/fixtures/peers/vitest.config.ts'] as const
    return run(argv, { cwd: root, env: { ...outer, NO_COLOR: '1', ...env }, timeoutMs: 60_000 })
  }

  it('counts as skipped and is named at the end', async () => {
    const { code, stdout } = await vitest({})
    expect(stdout.trimEnd().split('\n').slice(-5)).toEqual([
      'MISSING PEERS, their suites were not run (test/peers/install brings them):',
      '  no-such-program: 2 suites skipped',
      '  no-other: 1 suite skipped',
      '',
      '1 passed, 0 failed, 3 skipped',
    ])
    expect(code).toBe(0)
  })

  it('fails where the peers are required', async () => {
    const { code, stdout } = await vitest({ XOPC_REQUIRE_PEERS: '1' })
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('1 passed, 3 failed, 0 skipped')
    expect(code).toBe(1)
  })
})
