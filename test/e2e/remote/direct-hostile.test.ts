import { createServer } from 'node:net'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Certificate, certificateCases, createTestCa, type TestCa } from '../../support/certs.ts'
import { atEnd } from '../../support/cleanup.ts'
import { onRequests, startSilent } from '../../support/misbehaving.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { startNginx } from '../../support/proxy-programs.ts'
import { nginxSite } from '../proxy/house.ts'
import { createLaptop, heardBy, type Home, type Laptop, NAME, openHome } from './direct-house.ts'

// What stands in place of the gateway, or between: it is told apart in words, and hears nothing that is secret.

needsPeer(['own-hosts', 'caddy-2.11', 'nginx'], 'an address at which the gateway does not answer', (_, caddy, nginx) => {
  let ca: TestCa
  let home: Home
  let certificate: Certificate
  beforeAll(async () => {
    ca = await createTestCa()
    certificate = await ca.leaf([NAME])
    home = await openHome(caddy, ca)
  })

  /** A laptop that is given the token of the gateway for whatever address it is told. */
  const laptopWithToken = async (): Promise<Laptop> => await createLaptop(ca, { XOPC_GATEWAY_TOKEN: home.gateway.token })

  /** Lets the laptop know the real gateway at this address. */
  async function met(laptop: Laptop, url: string): Promise<void> {
    await laptop.xopc(['status', '--url', home.url])
    for (const known of await laptop.known()) await laptop.knows({ ...known, origin: url })
  }

  /** Says something else than HTTP; on this computer, where nothing is asked before. */
  async function startSshLike(): Promise<string> {
    const server = createServer((socket) => void socket.on('error', () => {}).end('SSH-2.0-OpenSSH_9.2\r\n'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    atEnd(async () => server.close())
    const at = server.address()
    return `http://127.0.0.1:${typeof at === 'object' ? at?.port : 0}`
  }

  const { good: ___, ...bad } = certificateCases
  const reasons: Record<keyof typeof bad, string> = {
    expired: 'its certificate has expired',
    'not yet valid': 'its certificate is not valid yet',
    'wrong name': 'its certificate is for another name',
    'incomplete chain': 'its certificate is signed by an authority that this computer does not know',
    'self-signed': 'its certificate is signed by itself',
  }
  // `as`: the names of the table above.
  it.each(Object.entries(bad) as [keyof typeof bad, (typeof bad)['expired']][])('because its certificate is %s', async (kind, make) => {
    const server = await onRequests({ certificate: await make(ca, NAME), name: NAME }, () => (_req, res) => void res.end('{}'))
    const laptop = await laptopWithToken()
    for (const args of [
      ['status', '--url', server.url],
      ['remote', 'use', server.url, '--pin'],
    ]) {
      const { code, reply, stderr } = await laptop.json(args)
      expect([code, reply.error?.code, stderr]).toEqual([1, 'REMOTE_UNREACHABLE', ''])
      expect(reply.error?.message).toContain(`The gateway at ${server.url} is not reached: ${reasons[kind]}`)
    }
    expect(server.heard()).toEqual([])
    expect([await laptop.config(), await laptop.known()]).toEqual([null, []])
  })

  it('because its authority is not known here', async () => {
    const stranger = await createLaptop(await createTestCa(), { XOPC_GATEWAY_TOKEN: home.gateway.token })
    const { reply } = await stranger.json(['status', '--url', home.url])
    expect(reply.error?.message).toContain('signed by an authority that this computer does not know')
  })

  it.each<[string, () => Promise<string>, string]>([
    ['nobody listens', async () => `https://${NAME}:${await freePort()}`, 'nobody listens there'],
    ['the name leads nowhere', async () => 'https://nowhere.test', 'its name'],
    ['it speaks no TLS', async () => `https://${NAME}:${home.gateway.port}`, 'it does not speak TLS'],
    ['it does not know the name', async () => home.url.replace(NAME, 'other.test'), 'TLS could not be agreed on'],
    ['it does not speak HTTP', async () => await startSshLike(), 'it does not speak HTTP'],
  ])('because %s', async (_what, url, reason) => {
    const { code, reply } = await (await laptopWithToken()).json(['status', '--pin', '--url', await url()])
    expect([code, reply.error?.code]).toEqual([1, 'REMOTE_UNREACHABLE'])
    expect(reply.error?.message).toContain(reason)
  })

  it('because it never says anything', { timeout: 60_000 }, async () => {
    const server = await startSilent({ certificate, name: NAME })
    const { code, reply } = await (await laptopWithToken()).json(['status', '--url', server.url])
    expect([code, reply.error?.code]).toEqual([1, 'REMOTE_TIMEOUT'])
    expect(reply.error?.message).toContain('10 s')
  })

  describe('but something else does:', () => {
    it('a proxy whose gateway is stopped', async () => {
      const laptop = await laptopWithToken()
      const own = await openHome(caddy, ca)
      const env = { XOPC_GATEWAY_TOKEN: own.gateway.token }
      expect((await laptop.json(['status', '--url', own.url], { env })).code).toBe(0)
      await own.gateway.stop()
      const { code, reply } = await laptop.json(['status', '--url', own.url], { env })
      expect([code, reply.error?.code]).toEqual([1, 'REMOTE_UNREACHABLE'])
      expect(reply.error?.message).toContain('502')
    })

    const others: [string, number, Record<string, string>, string][] = [
      ['a login page', 200, { 'content-type': 'text/html' }, '<form action="/login"><input type="password"></form>'],
      ['a redirect to a login', 302, { location: 'https://login.example.com/?next=1' }, ''],
      ['a wall that wants a password', 401, { 'www-authenticate': 'Basic realm="x"' }, ''],
      ['a page that is not there', 404, { 'content-type': 'text/html' }, '<h1>404</h1>'],
      ['JSON of something else', 200, { 'content-type': 'application/json' }, '{"ok":true}'],
      ['a claim that nobody signed', 200, { 'content-type': 'application/json' }, '{"payload":{},"signature":"x"}'],
    ]
    it.each(others)('%s', async (_what, status, headers, body) => {
      const server = await onRequests({ certificate, name: NAME }, () => (_req, res) => void res.writeHead(status, headers).end(body))
      const laptop = await laptopWithToken()
      const first = await laptop.json(['status', '--url', server.url])
      expect([first.code, first.reply.error?.code, first.stderr]).toEqual([1, 'NOT_XOPC_GATEWAY', ''])
      await met(laptop, server.url)
      const then = await laptop.json(['status', '--url', server.url])
      expect([then.code, then.reply.error?.code]).toEqual([1, 'WRONG_GATEWAY'])
      expect(then.reply.error?.hint).toContain(`xopc remote forget ${server.url}`)
      expect(new Set(server.heard().map(({ method, path }) => `${method} ${path}`))).toEqual(
        new Set(['POST /api/gateway-identity/challenge']),
      )
      expect(JSON.stringify(server.heard())).not.toContain(home.gateway.token)
    })
  })

  it('because a proxy closes the connection after each reply, which is said', async () => {
    const port = await freePort()
    const url = `https://${NAME}:${port}`
    const own = await openHome(caddy, ca, { publicUrl: url })
    const config = nginxSite({ port, certificate, to: own.gateway.port, server: 'keepalive_timeout 0;' })
    const proxy = await startNginx(nginx, { config, port })
    const laptop = await createLaptop(ca, { XOPC_GATEWAY_TOKEN: own.gateway.token })
    const { code, reply } = await laptop.json(['status', '--url', url])
    expect([code, reply.error?.code]).toEqual([1, 'REMOTE_UNREACHABLE'])
    expect(reply.error?.message).toContain('it closes the connection after one reply')
    // Not over a connection of its own either, where nothing was proven.
    expect((await heardBy(proxy)).filter(({ path, authorized }) => authorized || !path.endsWith('/challenge'))).toEqual([])
    await proxy.restart(nginxSite({ port, certificate, to: own.gateway.port }))
    expect((await laptop.json(['status', '--url', url])).reply).toMatchObject({ gatewayId: own.gatewayId })
  })
})
