import { realpath } from 'node:fs/promises'
import { beforeAll, expect, it } from 'vitest'
import { root } from '../../support/build.ts'
import { tempFolder } from '../../support/cleanup.ts'
import type { RunningGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { run, type Ran } from '../../support/run.ts'
import { startReachable } from '../cli/running.ts'

needsPeer('mcp-inspector', 'the command line of the MCP inspector', (inspector) => {
  let gateway: RunningGateway
  beforeAll(async () => {
    gateway = await startReachable()
  })

  /** `mcp-inspector --cli node bin/run.js mcp …` in a home folder of its own. */
  async function inspect(words: readonly string[], stateDir = gateway.stateDir): Promise<Ran & { reply: unknown }> {
    const home = await tempFolder()
    const target = ['-e', `XOPC_STATE_DIR=${stateDir}`, process.execPath, 'bin/run.js', 'mcp']
    const argv = [process.execPath, await realpath(inspector), '--cli', ...target, ...words] as const
    const ran = await run(argv, { cwd: root, env: { PATH: process.env['PATH'], HOME: home, CI: '1' } })
    return { ...ran, reply: ran.stdout === '' ? null : (JSON.parse(ran.stdout) as unknown) }
  }

  function call(tool: string, ...args: string[]): string[] {
    return ['--method', 'tools/call', '--tool-name', tool, ...args.flatMap((arg) => ['--tool-arg', arg])]
  }

  it('lists the tools, and finds no schema that other clients could not read', async () => {
    const { code, reply, stderr } = await inspect(['--method', 'tools/list', '--strict'])
    expect(code, stderr).toBe(0)
    const { tools } = reply as { tools: { name: string }[] }
    expect(tools.map(({ name }) => name)).toEqual(['status', 'test', 'diagnose', 'enable', 'disable', 'pair', 'pair_status'])
  })

  it('calls status', async () => {
    const { code, reply, stderr } = await inspect(call('status'))
    expect(code, stderr).toBe(0)
    expect(reply).toMatchObject({
      structuredContent: {
        running: true,
        methods: [{ id: 'tailscale' }, { id: 'lan', state: { phase: 'on' } }, { id: 'proxy' }, { id: 'tunnel' }],
      },
    })
  })

  it('calls test', async () => {
    const { code, reply, stderr } = await inspect(call('test', 'method=lan'))
    expect(code, stderr).toBe(0)
    expect(reply).toMatchObject({ structuredContent: { ok: true, vantage: 'self' } })
  })

  it('is told why a tool could not', async () => {
    const { code, reply } = await inspect(call('enable', 'method=proxy'))
    expect(code).not.toBe(0)
    expect(reply).toMatchObject({ isError: true, structuredContent: { error: { code: 'MCP_NOT_ENABLED_BEFORE' } } })
  })

  it('lists and reads the resources', async () => {
    const listed = await inspect(['--method', 'resources/list'])
    expect(listed.code, listed.stderr).toBe(0)
    expect(listed.reply).toMatchObject({ resources: expect.arrayContaining([expect.objectContaining({ uri: 'xopc://overview' })]) })
    const read = await inspect(['--method', 'resources/read', '--uri', 'xopc://guide/mcp'])
    expect(read.code, read.stderr).toBe(0)
    expect(read.reply).toMatchObject({ contents: [{ mimeType: 'text/markdown' }] })
  })
})
