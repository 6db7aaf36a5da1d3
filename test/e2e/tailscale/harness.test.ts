import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { tempFolder } from '../../support/cleanup.ts'
import type { RunningGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { run } from '../../support/run.ts'
import { secondUser, type SecondUser } from '../../support/second-user.ts'
import { startTailnet, type Tailnet, tailnetPeers } from '../../support/tailnet.ts'
import { startTailnetGateway, tailnetXopc } from '../../support/tailnet/gateway.ts'
import { startUpstream } from '../../support/upstream.ts'
import { echo, eventsOver, webSocketOver } from './streams.ts'

const a = 'https://node-a.xopc-test.ts.net'

// What tests of Tailscale build on, and nothing of Tailscale in xopc.
needsPeer(tailnetPeers, 'a gateway in the tailnet of the tests', () => {
  let [tailnet, nobody]: [Tailnet, SecondUser] = [undefined as never, undefined as never]
  beforeAll(async () => {
    ;[tailnet, nobody] = await Promise.all([startTailnet(), secondUser()])
  })

  describe.each([
    ['root', 0],
    ['a second user', 65_534],
  ])('of %s', (_who, uid) => {
    let gateway: RunningGateway
    let before: string[]
    beforeAll(async () => {
      before = await processes()
      gateway = await startTailnetGateway(tailnet, 'a', { user: uid === 0 ? undefined : nobody })
    })

    it('answers through dial, with the token and without', async () => {
      expect(await (await gateway.fetch('/health')).json()).toMatchObject({ status: 'ok' })
      expect(await (await gateway.fetch('/api/status')).json()).toMatchObject({ pid: gateway.pid })
      expect((await gateway.fetch('/api/status', { headers: {} })).status).toBe(401)
    })

    it('is that user, with no right of another one', async () => {
      const status = await readFile(`/proc/${gateway.pid}/status`, 'utf8')
      expect(status).toMatch(new RegExp(`^Uid:\\s+${uid}\\s+${uid}\\s+${uid}\\s+${uid}$`, 'm'))
      expect(/^CapEff:\s+0+$/m.test(status)).toBe(uid !== 0)
      expect((await stat(join(gateway.stateDir, 'identity.json'))).uid).toBe(uid)
      expect(await processes()).toContain(String(gateway.pid))
    })

    it('finds tailscale and the authority of the tailnet', async () => {
      const environ = (await readFile(`/proc/${gateway.pid}/environ`, 'latin1')).split('\0')
      expect(environ).toEqual(
        expect.arrayContaining([
          `XOPC_TAILSCALE_PATH=${tailnet.node('a').tailscale}`,
          `NODE_EXTRA_CA_CERTS=${tailnet.rootFile}`,
          `XOPC_STATE_DIR=${gateway.stateDir}`,
        ]),
      )
      const user = uid === 0 ? [] : nobody.prefix
      const tailscale = async (...args: string[]) => {
        const [first, ...rest] = [...tailnet.prefix, ...user, tailnet.node('a').tailscale, ...args] as const
        return await run([first, ...rest])
      }
      expect(await tailscale('status')).toMatchObject({ code: 0 })
      const served = await tailscale('serve', '--bg', '--https=10000', '3000')
      expect(served).toMatchObject(uid === 0 ? { code: 0 } : { code: 1, stderr: expect.stringContaining('Access denied') })
    })

    it('has commands in the same place: while it runs, and when it does not', async () => {
      const status = async () => await gateway.xopc(['gateway', 'status', '--json'])
      expect(JSON.parse((await gateway.xopc(['status', '--json'])).stdout)).toHaveProperty('gatewayId')
      expect(JSON.parse((await status()).stdout)).toMatchObject({ pid: gateway.pid })
      expect(await gateway.stop()).toBe(0)
      expect((await status()).code).toBe(1)
      const token = await gateway.xopc(['config', 'get', 'gateway.auth.token'])
      expect(token, token.stderr).toMatchObject({ code: 0 })
    })

    it('leaves no process, and its state to the next one, which a SIGKILL hits', async () => {
      expect(existsSync(`/proc/${gateway.pid}`)).toBe(false)
      expect(await processes()).toEqual(before)
      const next = await startTailnetGateway(tailnet, 'a', { user: uid === 0 ? undefined : nobody, stateDir: gateway.stateDir })
      expect(next.token).toBe(gateway.token)
      await next.kill9()
      expect(await processes()).toEqual(before)
    })
  })

  it('takes commands where no gateway was ever started', async () => {
    const { code, stdout } = await tailnetXopc(tailnet, 'b', ['config', 'path', '--json'], { user: nobody })
    expect([code, stdout]).toEqual([0, expect.stringContaining('xopc.json')])
  })

  it('streams to another node: events as they are sent, and a WebSocket both ways', async () => {
    const socket = join(await tempFolder(), 'app.sock')
    await startUpstream('--unix', socket)
    const config = { gateway: { upstream: { url: `unix:${socket}` }, publicUrl: a } }
    const gateway = await startTailnetGateway(tailnet, 'a', { config })
    await tailnet.cli('a', ['serve', '--bg', '--https=443', String(gateway.port)])
    const headers = { authorization: `Bearer ${gateway.token}` }

    const events = await eventsOver(await tailnet.openFrom('b', `${a}/events`), `${a}/events?count=3&every=300`, { headers })
    const late = (await events.first(3)).map(({ data, at }) => at - Number(/"sentAt":(\d+)/.exec(data)?.[1]))
    expect(Math.max(...late)).toBeLessThan(250)
    await events.over
    await expect(events.first(4)).rejects.toThrow('3 of 4 events came')

    const ws = await webSocketOver(await tailnet.openFrom('b', `${a}/ws`), `${a}/ws`, { headers })
    expect(await echo(ws, 'there and back')).toBe('there and back')
    ws.terminate()
    const refused = webSocketOver(await tailnet.openFrom('b', `${a}/ws`), `${a}/ws`)
    await expect(refused).rejects.toThrow('401')
  })

  async function processes(): Promise<string[]> {
    const [ip, , , network] = tailnet.prefix
    return (await run([ip, 'netns', 'pids', String(network)])).stdout.split('\n').filter(Boolean).toSorted()
  }
})

needsPeer([...tailnetPeers, 'tun', 'curl'], 'a node with a network interface', (...paths) => {
  const curl = paths.at(-1) ?? 'curl'
  let tailnet: Tailnet
  beforeAll(async () => {
    tailnet = await startTailnet({ tun: 'a' })
    const socket = join(await tempFolder(), 'app.sock')
    await startUpstream('--unix', socket)
    await tailnet.cli('a', ['serve', '--bg', '--https=443', `unix:${socket}`])
    await tailnet.cli('a', ['funnel', '--bg', '--https=8443', `unix:${socket}`])
  })

  it('reaches itself by its own address, as any program there does', async () => {
    expect(await fromInside()).toMatchObject({ code: 0, stdout: 'hello from the app' })
    const nc = ['sh', '-c', `"$0" nc node-a.xopc-test.ts.net 443 </dev/null`, tailnet.node('a').tailscale] as const
    expect(await run([...tailnet.prefix, ...nc])).toMatchObject({ code: 0, stderr: '' })
  })

  it('is visited like every other', async () => {
    for (const from of ['a', 'b']) expect(await tailnet.fetchFrom(from, `${a}/`)).toMatchObject({ body: 'hello from the app' })
    expect(await tailnet.funnelVisit(`${a}:8443/`)).toMatchObject({ body: 'hello from the app' })
  })

  it('loses the interface with its daemon, and has it again', async () => {
    const interfaces = async () => (await run([...tailnet.prefix, 'ls', '/sys/class/net'])).stdout.split('\n')
    expect(await interfaces()).toContain('tailscale0')
    await tailnet.killDaemon('a')
    expect(await interfaces()).not.toContain('tailscale0')
    await tailnet.restartDaemon('a')
    await expect.poll(fromInside, { timeout: 15_000 }).toMatchObject({ code: 0, stdout: 'hello from the app' })
  })

  it('is where a gateway can look at itself from outside', async () => {
    const gateway = await startTailnetGateway(tailnet, 'a', {
      config: { gateway: { publicUrl: `${a}:10000` } },
      hosts: { 'node-a.xopc-test.ts.net': tailnet.node('a').ip },
    })
    await tailnet.cli('a', ['serve', '--bg', '--https=10000', String(gateway.port)])
    const { code, stdout, stderr } = await gateway.xopc(['proxy', 'test', '--json'])
    expect([code, JSON.parse(stdout)], stderr).toMatchObject([0, { ok: true }])
  })

  async function fromInside() {
    const { ip } = tailnet.node('a')
    return await run([...tailnet.prefix, curl, '-sS', '--cacert', tailnet.rootFile, '--resolve', `node-a.xopc-test.ts.net:443:${ip}`, a])
  }
})
