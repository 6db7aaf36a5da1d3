import { realpath } from 'node:fs/promises'
import { beforeAll, expect, it } from 'vitest'
import { root } from '../../support/build.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { needsPeer } from '../../support/peers.ts'
import { run } from '../../support/run.ts'
import { type FarSide, type Laptop, laptopWith, startFarSide } from './far-side.ts'

needsPeer(
  ['sshd', 'own-hosts', 'mcp-inspector'],
  'the MCP inspector on a laptop whose gateway is behind ssh',
  (sshdPath, _hosts, inspector) => {
    let far: FarSide
    let laptop: Laptop
    beforeAll(async () => {
      far = await startFarSide(sshdPath)
      laptop = await laptopWith(far.sshd)
      await laptop.use(far.sshd.target)
      // A way in that can be tested: the door of the local network, on a private address of this computer.
      await laptop.xopc(['lan', 'on'])
    })

    async function inspect(words: readonly string[]): Promise<unknown> {
      const target = [
        '-e',
        `XOPC_STATE_DIR=${laptop.stateDir}`,
        '-e',
        `XOPC_SSH_PATH=${far.sshd.ssh}`,
        process.execPath,
        'bin/run.js',
        'mcp',
      ]
      const argv = [process.execPath, await realpath(inspector), '--cli', ...target, ...words] as const
      const ran = await run(argv, { cwd: root, env: { PATH: process.env['PATH'], HOME: await tempFolder(), CI: '1' } })
      expect(ran.stderr + ran.stdout).not.toContain(far.gateway.token)
      expect(ran.stdout, ran.stderr).not.toBe('')
      return JSON.parse(ran.stdout) as unknown
    }

    it('lists the tools', async () => {
      const { tools } = (await inspect(['--method', 'tools/list'])) as { tools: { name: string }[] }
      expect(tools.map(({ name }) => name)).toContain('status')
    })

    it('is told by status what the far gateway says, and which one it is', async () => {
      const { structuredContent } = (await inspect(['--method', 'tools/call', '--tool-name', 'status'])) as { structuredContent: object }
      const { gatewayId } = (await (await far.gateway.fetch('/xopc/api/status')).json()) as { gatewayId: string }
      expect(structuredContent).toMatchObject({ running: true, gatewayId })
    })

    it('has the far gateway test its way in', async () => {
      const on = (await laptop.json<{ state: { phase: string } }>(['lan', 'status'])).state.phase === 'on'
      const reply = (await inspect(['--method', 'tools/call', '--tool-name', 'test', '--tool-arg', 'method=lan'])) as {
        structuredContent: object
      }
      expect(reply.structuredContent).toMatchObject(on ? { ok: true, vantage: 'self' } : { error: { code: 'METHOD_HAS_NO_URL' } })
    })
  },
)
