import { createServer } from 'node:net'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { DEV_SECRET } from '../../../src/lib/protocol/broker-api.ts'
import { atEnd, tempFolder } from '../../support/cleanup.ts'
import { xopc } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { testGateway } from './gateway.ts'
import { startApp, startBroker, startFrpc, untilServed, visit } from './house.ts'

needsPeer(['frps', 'frpc'], 'xopc broker start --dev', (frps, frpc) => {
  it('lets a bare frpc serve an app under the name of a lease, and ends within three seconds', async () => {
    const [broker, app] = await Promise.all([startBroker(frps), startApp()])
    const { status, body: lease } = await testGateway(broker.url).register()
    expect(status).toBe(200)
    expect(lease.publicUrl).toBe(broker.pattern.replace('<name>', lease.subdomain))
    const link = await startFrpc(frpc, lease, await broker.discovery(), { localPort: app.port })
    await link.says(/start proxy success/)
    expect(await visit(lease.publicUrl)).toEqual({ status: 200, text: `hello ${new URL(lease.publicUrl).host}` })
    const since = Date.now()
    broker.kill('SIGTERM')
    expect(await broker.ended).toBe(0)
    expect(Date.now() - since).toBeLessThan(3000)
    await expect(visit(lease.publicUrl)).rejects.toThrow(/ECONNREFUSED/)
  })

  it('says what to type next', async () => {
    const dir = await tempFolder()
    const program = await startBroker(frps, { stateDir: dir })
    program.kill('SIGINT')
    expect(await program.ended).toBe(0)
    const text = await readFile(join(dir, 'broker-dev/frps.toml'), 'utf8')
    expect(text).toContain('transport.tls.force = true')
    expect(JSON.parse(program.output())).toEqual({ brokerUrl: program.url, publicUrlPattern: program.pattern })
  })

  describe('discovery', () => {
    it('speaks of the authority that was dialled, and a registration may be signed for it', async () => {
      const broker = await startBroker(frps)
      const { port } = new URL(broker.url)
      for (const host of [`127.0.0.1:${port}`, `localhost:${port}`]) {
        const told = (await (await fetch(`http://${host}/.well-known/tunnel-config`)).json()) as Record<string, unknown>
        expect(told['brokerUrl']).toBe(`http://${host}/api`)
        expect((await testGateway(`http://${host}/api`).register()).status).toBe(200)
      }
      expect((await testGateway(broker.url).register({ audience: `http://[::1]:${port}/api` })).status).toBe(200)
      expect((await testGateway(broker.url).register({ audience: `http://evil.test:${port}/api` })).body.code).toBe('SIGNATURE_INVALID')
    })

    it('has what a client needs to trust frps', async () => {
      const broker = await startBroker(frps)
      expect(await broker.discovery()).toEqual({
        brokerUrl: broker.url,
        frp: { serverAddr: '127.0.0.1', serverPort: expect.any(Number), subdomainHost: 'localhost' },
        frpcVersion: '0.71.0',
        heartbeatIntervalMs: 5000,
        transport: { tls: true, publicScheme: 'http' },
        caPem: expect.stringMatching(/^-----BEGIN CERTIFICATE-----/),
      })
    })
  })

  describe('what stays', () => {
    it('names, tokens and ports stay over a kill -9, and frps ends with its broker', async () => {
      const [broker, app] = await Promise.all([startBroker(frps), startApp()])
      const gateway = testGateway(broker.url)
      const { body: lease } = await gateway.register()
      const discovery = await broker.discovery()
      const link = await startFrpc(frpc, lease, discovery, { localPort: app.port })
      await link.says(/start proxy success/)
      broker.kill('SIGKILL')
      await broker.ended
      const again = await startBroker(frps, { stateDir: broker.stateDir, args: ['--dev', '--port', new URL(broker.url).port] })
      expect([again.url, again.pattern]).toEqual([broker.url, broker.pattern])
      expect((await again.discovery()).frp).toEqual(discovery.frp)
      expect(await untilServed(lease.publicUrl)).toMatch(/^hello/)
      expect((await gateway.beat(lease)).status).toBe(200)
      expect((await gateway.register({ recoveryToken: lease.tunnelToken })).body.subdomain).toBe(lease.subdomain)
    })

    it('a frps that was killed is back at once, and the tunnel with it', async () => {
      const [broker, app] = await Promise.all([startBroker(frps), startApp()])
      const { body: lease } = await testGateway(broker.url).register()
      const link = await startFrpc(frpc, lease, await broker.discovery(), { localPort: app.port })
      await link.says(/start proxy success/)
      const [child] = JSON.parse(await readFile(join(broker.stateDir, 'broker-dev/children.json'), 'utf8')) as [{ pid: number }]
      const said = link.output().length
      process.kill(child.pid, 'SIGKILL')
      const since = Date.now()
      await link.says(/start proxy success/, said)
      expect(await untilServed(lease.publicUrl)).toMatch(/^hello/)
      expect(Date.now() - since).toBeLessThan(8000)
    })
  })

  describe('a start that cannot be', () => {
    const start = async (args: string[], env: NodeJS.ProcessEnv, stateDir?: string) =>
      await xopc(['broker', 'start', '--json', ...args], { env, ...(stateDir !== undefined && { stateDir }) })

    it('says that the port is taken', async () => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      atEnd(async () => await new Promise((resolve) => server.close(resolve)))
      const port = String((server.address() as { port: number }).port)
      const ran = await start(['--dev', '--port', port], { XOPC_FRPS_PATH: frps })
      expect([ran.code, JSON.parse(ran.stdout)]).toMatchObject([1, { error: { code: 'BROKER_PORT_TAKEN' } }])
    })

    it('says that one runs already', async () => {
      const broker = await startBroker(frps)
      const ran = await start(['--dev', '--port', '0'], { XOPC_FRPS_PATH: frps }, broker.stateDir)
      expect(JSON.parse(ran.stdout)).toMatchObject({
        error: { code: 'BROKER_ALREADY_RUNNING', message: expect.stringContaining(String(broker.pid)) },
      })
      expect((await fetch(`${new URL(broker.url).origin}/.well-known/tunnel-config`)).status).toBe(200)
    })

    it.each([
      ['is not there', '/nowhere/frps', 'FRPS_MISSING'],
      ['is another program', process.execPath, 'FRPS_TOO_OLD'],
    ])('says that frps %s', async (_, path, code) => {
      const ran = await start(['--dev', '--port', '0'], { XOPC_FRPS_PATH: path, PATH: '/nowhere' })
      expect([ran.code, JSON.parse(ran.stdout)]).toMatchObject([1, { error: { code } }])
    })

    it('says that nothing was set up', async () => {
      const ran = await start([], { XOPC_FRPS_PATH: frps })
      expect([ran.code, JSON.parse(ran.stdout)]).toMatchObject([1, { error: { code: 'BROKER_NOT_SET_UP' } }])
    })
  })

  it('lets nothing secret into its logs or the command line of frps', async () => {
    const [broker, app] = await Promise.all([startBroker(frps), startApp()])
    const gateway = testGateway(broker.url)
    const { body: lease } = await gateway.register()
    const link = await startFrpc(frpc, lease, await broker.discovery(), { localPort: app.port })
    await link.says(/start proxy success/)
    await gateway.beat(lease)
    await sleep(1100)
    const folder = join(broker.stateDir, 'broker-dev')
    const [child] = JSON.parse(await readFile(join(folder, 'children.json'), 'utf8')) as [{ pid: number }]
    const texts = await Promise.all([`/proc/${child.pid}/cmdline`, join(folder, 'broker.log'), join(folder, 'audit.log')].map(readText))
    expect(texts.join('\n')).toContain(lease.subdomain)
    for (const secret of [lease.tunnelToken, lease.frpc.authToken, DEV_SECRET]) expect(texts.join('\n')).not.toContain(secret)
  })
})

async function readText(path: string): Promise<string> {
  return await readFile(path, 'utf8')
}
