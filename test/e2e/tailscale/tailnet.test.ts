import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { root } from '../../support/build.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { needsPeer, peerPath } from '../../support/peers.ts'
import { run, start } from '../../support/run.ts'
import { startTailnet, type Tailnet, tailnetPeers } from '../../support/tailnet.ts'
import { startUpstream } from '../../support/upstream.ts'

const [a, b] = ['https://node-a.xopc-test.ts.net', 'https://node-b.xopc-test.ts.net']

/** The headers that the app behind `serve` saw, by their names in lower case. */
function seen(body: string): Record<string, string> {
  const { headers }: { headers: [string, string][] } = JSON.parse(body)
  return Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]))
}

const forged = {
  'Tailscale-User-Login': 'evil',
  'X-Forwarded-For': '6.6.6.6',
  'X-Forwarded-Host': 'evil',
  'X-Forwarded-Proto': 'gopher',
  Forwarded: 'for=8.8.8.8',
}

needsPeer(tailnetPeers, 'the tailnet of the tests, visited', () => {
  let tailnet: Tailnet
  beforeAll(async () => {
    tailnet = await startTailnet()
    const socket = join(await tempFolder(), 'app.sock')
    await startUpstream('--unix', socket)
    await tailnet.cli('a', ['serve', '--bg', '--https=443', `unix:${socket}`])
    await tailnet.cli('a', ['funnel', '--bg', '--https=8443', `unix:${socket}`])
  })

  it('answers another node, with a certificate of its own authority', async () => {
    expect(await tailnet.fetchFrom('b', `${a}/`)).toMatchObject({ status: 200, body: 'hello from the app' })
    expect(await tailnet.fetchFrom('b', `${a}/echo`, { method: 'POST', body: 'and back' })).toMatchObject({ body: 'and back' })
  })

  it('puts who came in place of who somebody says to be', async () => {
    const { body } = await tailnet.fetchFrom('b', `${a}/headers`, { headers: forged })
    expect(seen(body)).toMatchObject({
      host: 'localhost',
      'x-forwarded-for': tailnet.node('b').ip,
      'x-forwarded-host': 'node-a.xopc-test.ts.net',
      'x-forwarded-proto': 'https',
      'tailscale-user-login': 'user-2@fake-control.example.net',
    })
    expect(seen(body)).not.toHaveProperty('forwarded')
  })

  it('says who a renamed user is, and of a tagged node nobody', async () => {
    await tailnet.admin('user?node=node-b&login=jo@example.com&name=J%C3%BCrgen')
    await expect
      .poll(async () => seen((await tailnet.fetchFrom('b', `${a}/headers`)).body), { timeout: 5_000 })
      .toMatchObject({ 'tailscale-user-login': 'jo@example.com', 'tailscale-user-name': '=?utf-8?q?J=C3=BCrgen?=' })
    await tailnet.admin('tag?node=node-b&tag=tag:server')
    await expect
      .poll(async () => seen((await tailnet.fetchFrom('b', `${a}/headers`)).body), { timeout: 5_000 })
      .not.toHaveProperty('tailscale-user-login')
  })

  it('passes events on as they come', async () => {
    const stream = await tailnet.openFrom('b', `${a}/events`)
    const arrived: number[] = []
    stream.on('data', (chunk: Buffer) => arrived.push(...Array.from(String(chunk).matchAll(/^data:/gm), () => performance.now())))
    stream.write('GET /events?count=3&every=300 HTTP/1.1\r\nHost: node-a.xopc-test.ts.net\r\nConnection: close\r\n\r\n')
    await once(stream, 'end')
    expect(arrived.slice(1).map((at, index) => at - (arrived[index] ?? 0) > 100)).toEqual([true, true])
  })

  it('lets a WebSocket through', async () => {
    const stream = await tailnet.openFrom('b', `${a}/ws`)
    const socket = new WebSocket(`ws://node-a.xopc-test.ts.net/ws`, { createConnection: () => stream })
    await once(socket, 'open')
    socket.send('there and back')
    const [message] = await once(socket, 'message')
    socket.terminate()
    expect(String(message)).toBe('there and back')
  })

  it('lets visitors of Funnel in, where Funnel is on', async () => {
    const { status, body } = await tailnet.funnelVisit(`${a}:8443/headers`, { headers: forged })
    expect(status).toBe(200)
    expect(seen(body)).toMatchObject({ 'x-forwarded-for': '203.0.113.7', 'tailscale-funnel-request': '?1' })
    expect(seen(body)).not.toHaveProperty('tailscale-user-login')
    await expect(tailnet.funnelVisit(`${a}/`)).rejects.toThrow('403')
  })

  it('reaches a program on TCP that runs in its network, as the test does', async () => {
    start([...tailnet.prefix, process.execPath, 'test/fixtures/upstream.ts', '--port', '3000'], { cwd: root })
    await expect
      .poll(
        () =>
          tailnet.dial(3000).then(
            (stream) => stream.destroy() !== undefined,
            () => false,
          ),
        { timeout: 5_000 },
      )
      .toBe(true)
    await tailnet.cli('a', ['serve', '--bg', '--https=10000', '3000'])
    expect(seen((await tailnet.fetchFrom('b', `${a}:10000/headers`)).body)).toMatchObject({ host: 'node-a.xopc-test.ts.net:10000' })
    await expect(tailnet.dial(9)).rejects.toThrow('nobody listens at port 9')
  })

  it('leads to the node itself, and says where nothing is served', async () => {
    expect(await tailnet.fetchFrom('a', `${a}/`)).toMatchObject({ status: 200 })
    await expect(tailnet.fetchFrom('a', `${b}/`)).rejects.toThrow(/SOCKS5|ended/)
  })
})

needsPeer(tailnetPeers, 'the switches of the tailnet of the tests', () => {
  let tailnet: Tailnet
  beforeAll(async () => {
    tailnet = await startTailnet({ unjoined: ['c', 'd'] })
  })
  const cli = (...args: string[]) => tailnet.cli('a', args)
  const stored = async () => (await cli('serve', 'status', '--json')).stdout.trim()

  it.each([
    ['https', 'https', ['serve', '--bg', '3000'], 'https://login.tailscale.com/f/serve?node=test'],
    ['funnel', 'funnel', ['funnel', '--bg', '3000'], 'https://login.tailscale.com/f/funnel?node=test'],
  ])('%s off: the right is gone, the command says where it is given, and ends with 0', async (name, right, command, url) => {
    await tailnet.admin(`set?${name}=0`)
    const without = await tailnet.until('a', 'without it', ({ Self }) => !Object.hasOwn(Self.CapMap ?? {}, right))
    expect(without.CertDomains).toEqual(name === 'https' ? null : [tailnet.node('a').dnsName])
    expect(await cli(...command)).toMatchObject({ code: 0, stdout: expect.stringContaining(url) })
    expect(await stored()).toBe('{}')
    await tailnet.admin(`set?${name}=1`)
    await tailnet.until('a', 'with it again', ({ Self, CertDomains }) => Object.hasOwn(Self.CapMap ?? {}, right) && CertDomains !== null)
  })

  it('never joined: NeedsLogin without an address', async () => {
    expect(await tailnet.status('c')).toMatchObject({ BackendState: 'NeedsLogin', AuthURL: '' })
    expect(tailnet.node('c').ip).toBe('')
  })

  it('login: an address, then the node runs', async () => {
    await tailnet.admin('login?on=1')
    const { AuthURL } = await tailnet.join('c', 'NeedsLogin')
    expect(AuthURL).toMatch(/^http:\/\/127\.0\.0\.1:9911\/auth\//)
    await tailnet.admin(`auth?url=${encodeURIComponent(AuthURL)}`)
    expect(await tailnet.until('c', 'to run', ({ BackendState }) => BackendState === 'Running')).toMatchObject({ AuthURL: '' })
    await tailnet.admin('login?on=0')
    await expect(tailnet.admin('auth?url=http://127.0.0.1:9911/auth/other')).rejects.toThrow('404')
  })

  it('approval: NeedsMachineAuth, then the node runs', async () => {
    await tailnet.admin('approval?on=1')
    await tailnet.join('d', 'NeedsMachineAuth')
    await tailnet.admin('approve?node=node-d')
    await tailnet.until('d', 'to run', ({ BackendState }) => BackendState === 'Running')
    await tailnet.admin('approval?on=0')
  })

  it('expire: NeedsLogin without an address, until it is taken back', async () => {
    await tailnet.admin('expire?on=1')
    expect(await tailnet.until('a', 'to expire', ({ BackendState }) => BackendState === 'NeedsLogin')).toMatchObject({ AuthURL: '' })
    await tailnet.admin('expire?on=0')
    await tailnet.until('a', 'to run', ({ BackendState }) => BackendState === 'Running')
  })

  it('down: Stopped', async () => {
    await cli('down')
    expect(await tailnet.status('a')).toMatchObject({ BackendState: 'Stopped' })
    await tailnet.join('a')
  })

  it('user nobody: looks, and does not change, until the daemon is told so', async () => {
    const nobody = (...args: string[]) => run([tailnet.node('a').tailscaleAsNobody, ...args])
    expect(await nobody('status')).toMatchObject({ code: 0 })
    expect(await nobody('serve', '--bg', '3000')).toMatchObject({ code: 1, stderr: expect.stringContaining('Access denied') })
    await cli('set', '--operator=nobody')
    expect(await nobody('serve', '--bg', '3000')).toMatchObject({ code: 0 })
    await nobody('serve', '--https=443', 'off')
    await cli('set', '--operator=')
  })

  it('daemon killed: nothing to speak with; restarted, it has what it had', async () => {
    await cli('serve', '--bg', '3000')
    const before = await stored()
    await tailnet.killDaemon('a')
    const alone = await run([tailnet.node('a').tailscaleAlone, 'status', '--json'])
    expect(alone).toMatchObject({ code: 1, stderr: expect.stringContaining('ailed to connect to local') })
    await tailnet.restartDaemon('a')
    expect(await tailnet.status('a')).toMatchObject({ BackendState: 'Running' })
    expect(await stored()).toBe(before)
  })

  it('no issuer: it serves, and no certificate comes', async () => {
    await tailnet.kill('issuer')
    // A node that has served before may have its certificate, or fetch it by itself.
    expect(await tailnet.cli('b', ['serve', '--bg', '3000'])).toMatchObject({ code: 0 })
    await expect(tailnet.fetchFrom('a', 'https://node-b.xopc-test.ts.net/')).rejects.toThrow(/internal error/)
    expect(await tailnet.status('b')).toMatchObject({ BackendState: 'Running', Health: [] })
  })
})

needsPeer(tailnetPeers, 'a tailnet where little is allowed', () => {
  it('is so from its first moment', async () => {
    const tailnet = await startTailnet({ nodes: ['a'], https: false, funnel: false, unjoined: ['c'], login: true })
    expect((await tailnet.status('a')).CertDomains).toBeNull()
    expect((await tailnet.join('c', 'NeedsLogin')).AuthURL).not.toBe('')
  })
})

needsPeer(tailnetPeers, 'a test that fails while its tailnet runs', () => {
  it('leaves no process and no network', async () => {
    const vitest = [
      process.execPath,
      'node_modules/vitest/vitest.mjs',
      'run',
      '--config',
      'test/fixtures/tailscale/vitest.config.ts',
    ] as const
    const { code, stdout } = await run(vitest, { cwd: root, env: { ...process.env, NO_COLOR: '1' }, timeoutMs: 60_000 })
    const { network, folder, pids }: { network: string; folder: string; pids: string[] } = JSON.parse(
      /^left: (.*)$/m.exec(stdout)?.[1] ?? '{}',
    )
    expect(code).toBe(1)
    expect(pids.length).toBeGreaterThanOrEqual(7)
    expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([])
    expect((await run([peerPath('ip') ?? 'ip', 'netns', 'list'])).stdout.split(/\s/)).not.toContain(network)
    expect(existsSync(folder)).toBe(false)
  })
})
