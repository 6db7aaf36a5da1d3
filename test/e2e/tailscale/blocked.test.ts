import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../../support/build.ts'
import { tempFolder } from '../../support/cleanup.ts'
import type { RunningGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { secondUser } from '../../support/second-user.ts'
import { startTailnet, type Tailnet, tailnetPeers } from '../../support/tailnet.ts'
import { startTailnetGateway } from '../../support/tailnet/gateway.ts'
import { a, asJson, entries, served, stateOf, untilState } from './house.ts'

const waitsFor = (code: string, more: object = {}) => ({ phase: 'blocked', needs: { code }, ...more })
const isLocal = async (gateway: RunningGateway) => expect((await gateway.fetch('/health')).status).toBe(200)

/** A program that says something and ends, or goes on for ever. */
async function program(...lines: string[]): Promise<string> {
  const path = join(await tempFolder(), 'tailscale')
  await writeFile(path, ['#!/bin/sh', ...lines, ''].join('\n'))
  await chmod(path, 0o755)
  return path
}

needsPeer(tailnetPeers, 'what keeps the gateway off Tailscale', () => {
  let tailnet: Tailnet = undefined as never
  beforeAll(async () => {
    tailnet = await startTailnet({ unjoined: ['c', 'd'] })
  })
  let gateways: RunningGateway[] = []
  afterEach(async () => {
    await Promise.all(gateways.map(async (gateway) => await gateway.stop()))
    gateways = []
  })
  async function gatewayAt(...[name, options]: [string, Parameters<typeof startTailnetGateway>[2]?]): Promise<RunningGateway> {
    const gateway = await startTailnetGateway(tailnet, name, options)
    gateways.push(gateway)
    return gateway
  }

  describe('a program that cannot be driven', () => {
    const recorded = join(root, 'test/fixtures/tailscale')
    it.each<[string, string, () => Promise<string>]>([
      ['not installed', 'TAILSCALE_MISSING', async () => '/nowhere/tailscale'],
      ['too old', 'TAILSCALE_TOO_OLD', async () => await program(`cat ${recorded}/version-1.50.1.txt`)],
      ['no Tailscale', 'TAILSCALE_TOO_OLD', async () => await program('echo hello')],
      ['it never answers', 'TAILSCALE_SILENT', async () => await program('exec sleep 600')],
      [
        'it says what nobody understands',
        'TAILSCALE_STRANGE',
        async () => await program(`[ "$1" = version ] && exec cat ${recorded}/version.txt`, 'echo "{ no status"'),
      ],
    ])('%s: %s', async (_, code, make) => {
      const gateway = await gatewayAt('a', { env: { XOPC_TAILSCALE_PATH: await make() } })
      const { code: exit, json } = await asJson(gateway.xopc, ['tailscale', 'serve'], { timeoutMs: 60_000 })
      expect([exit, json]).toMatchObject([1, waitsFor(code)])
      await isLocal(gateway)
      const begin = Date.now()
      expect(await gateway.xopc(['status'])).toMatchObject({ code: 0 })
      expect(await gateway.stop()).toBe(0)
      expect(Date.now() - begin).toBeLessThan(15_000)
      expect(await served(tailnet)).toBe('{}')
    })

    it('noise before its JSON is no obstacle', async () => {
      const noise = 'echo "Warning: client version \\"1.102.5\\" != tailscaled server version \\"1.102.4\\""'
      // What `nc` says on stdout belongs to the other end.
      const path = await program(`[ "$1" = nc ] || ${noise}`, `exec ${tailnet.node('a').tailscale} "$@"`)
      const gateway = await gatewayAt('a', { env: { XOPC_TAILSCALE_PATH: path } })
      const { code, json } = await asJson(gateway.xopc, ['tailscale', 'serve'])
      expect([code, json]).toMatchObject([0, { phase: 'on', urls: [a] }])
    })
  })

  describe('a computer that is not in the tailnet', () => {
    it('never joined, then signed in by the address that is shown: on by itself', async () => {
      const gateway = await gatewayAt('c')
      const first = await asJson(gateway.xopc, ['tailscale', 'serve'])
      expect([first.code, first.json]).toMatchObject([1, waitsFor('TAILSCALE_LOGGED_OUT', { command: 'tailscale up' })])
      await tailnet.admin('login?on=1')
      const { AuthURL: url } = await tailnet.join('c', 'NeedsLogin')
      await untilState(gateway, waitsFor('TAILSCALE_LOGGED_OUT', { url }))
      for (const command of [['tailscale', 'status'], ['tailscale', 'serve'], ['status']])
        expect((await gateway.xopc(command)).stdout).toContain(url)
      await isLocal(gateway)
      await tailnet.admin(`auth?url=${encodeURIComponent(url)}`)
      await untilState(gateway, { phase: 'on', urls: ['https://node-c.xopc-test.ts.net'] })
      await tailnet.admin('login?on=0')
    })

    it('waits for approval, and goes on by itself', async () => {
      await tailnet.admin('approval?on=1')
      await tailnet.join('d', 'NeedsMachineAuth')
      const gateway = await gatewayAt('d')
      const { code, stdout } = await gateway.xopc(['tailscale', 'serve'])
      expect([code, stdout]).toEqual([1, expect.stringContaining('an administrator of your tailnet has to let it in')])
      await tailnet.admin('approve?node=node-d')
      await untilState(gateway, { phase: 'on', urls: ['https://node-d.xopc-test.ts.net'] })
      await tailnet.admin('approval?on=0')
    })

    it('no daemon', async () => {
      await tailnet.killDaemon('d')
      const gateway = await gatewayAt('d', { env: { XOPC_TAILSCALE_PATH: tailnet.node('d').tailscaleAlone } })
      const { code, json } = await asJson(gateway.xopc, ['tailscale', 'serve'])
      expect([code, json]).toMatchObject([1, waitsFor('TAILSCALE_NOT_RUNNING')])
      await isLocal(gateway)
      await tailnet.restartDaemon('d')
      await untilState(gateway, { phase: 'on' })
    })
  })

  describe('a user who may not change what Tailscale serves', () => {
    it('is told the command, and goes on by itself once it was typed', async () => {
      const gateway = await gatewayAt('a', { user: await secondUser() })
      const { code, json } = await asJson(gateway.xopc, ['tailscale', 'serve'])
      const command = 'sudo tailscale set --operator=$USER'
      expect([code, json]).toMatchObject([1, waitsFor('TAILSCALE_NOT_OPERATOR', { command })])
      expect(await gateway.xopc(['tailscale', 'status'])).toMatchObject({ code: 0, stdout: expect.stringContaining(command) })
      await isLocal(gateway)
      expect(await served(tailnet)).toBe('{}')
      await tailnet.cli('a', ['set', '--operator=nobody'])
      await untilState(gateway, { phase: 'on', urls: [a] })
      expect(await gateway.xopc(['tailscale', 'off'])).toMatchObject({ code: 0 })
      expect(await entries(tailnet)).toEqual({})
      await tailnet.cli('a', ['set', '--operator='])
    })

    it('loses that right while it is on: off says what is left, and it goes later', async () => {
      await tailnet.cli('a', ['set', '--operator=nobody'])
      const gateway = await gatewayAt('a', { user: await secondUser() })
      expect(await gateway.xopc(['tailscale', 'serve'])).toMatchObject({ code: 0 })
      await tailnet.cli('a', ['set', '--operator='])
      const { code, stdout } = await gateway.xopc(['tailscale', 'off'])
      expect([code, stdout]).toEqual([1, expect.stringContaining('sudo tailscale set --operator=$USER')])
      await expect(tailnet.fetchFrom('b', `${a}/health`)).resolves.toMatchObject({ status: 502 })
      await tailnet.cli('a', ['set', '--operator=nobody'])
      await untilState(gateway, { phase: 'off' }, 20_000)
      expect(await served(tailnet)).toBe('{}')
      expect(await stateOf(gateway)).toEqual({ phase: 'off' })
    })
  })
})
