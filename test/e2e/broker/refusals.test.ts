import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { BrokerDiscovery, Registration } from '../../../src/lib/protocol/broker-api.ts'
import { needsPeer } from '../../support/peers.ts'
import { testGateway } from './gateway.ts'
import { type RunningBroker, startApp, startBroker, startFrpc, visit } from './house.ts'

needsPeer(['frps', 'frpc'], 'what frps is told to refuse', (frps, frpc) => {
  let broker: RunningBroker
  let discovery: BrokerDiscovery
  let localPort = 0
  beforeAll(async () => {
    ;[broker, { port: localPort }] = await Promise.all([startBroker(frps), startApp()])
    discovery = await broker.discovery()
  })
  const newLease = async (): Promise<Registration> => (await testGateway(broker.url).register()).body
  const proxy = (name: string, more: string) => `[[proxies]]\nname = "${name}"\nlocalPort = ${localPort}\n${more}\n`

  describe('an frpc that shows', () => {
    it.each([
      ['a wrong token', 'metadatas.token = "xopc_fa_wrong"', /xopc:auth/],
      ['no token', '', /xopc:auth/],
      ['something beside the token', 'metadatas.token = "{token}"\nmetadatas.more = "x"', /xopc:auth/],
      ['a user', 'metadatas.token = "{token}"\nuser = "admin"', /xopc:refused user/],
    ])('%s does not come in', async (_, head, reason) => {
      const lease = await newLease()
      const link = await startFrpc(frpc, lease, discovery, { localPort, head: head.replace('{token}', lease.frpc.authToken) })
      await link.says(reason)
      expect((await visit(lease.publicUrl)).status).toBe(404)
    })
  })

  describe('a proxy of', () => {
    const own = (lease: Registration) => lease.frpc.proxyName
    it.each<[string, (lease: Registration, other: Registration) => string, RegExp]>([
      ['another’s name', (_, other) => proxy(own(other), `type = "http"\nsubdomain = "${other.subdomain}"`), /xopc:refused that is not/],
      [
        'another’s subdomain',
        (lease, other) => proxy(own(lease), `type = "http"\nsubdomain = "${other.subdomain}"`),
        /xopc:refused that is not/,
      ],
      ['a name of its own choice', (lease) => proxy('web', `type = "http"\nsubdomain = "${lease.subdomain}"`), /xopc:refused that is not/],
      ['type tcp', (lease) => proxy(own(lease), 'type = "tcp"\nremotePort = 0'), /xopc:refused only proxies of type http/],
      [
        'type https',
        (lease) => proxy(own(lease), `type = "https"\nsubdomain = "${lease.subdomain}"`),
        /xopc:refused only proxies of type http/,
      ],
      ['type stcp', (lease) => proxy(own(lease), 'type = "stcp"\nsecretKey = "x"'), /xopc:refused only proxies of type http/],
      [
        'type tcpmux',
        (lease) => proxy(own(lease), 'type = "tcpmux"\nmultiplexer = "httpconnect"\ncustomDomains = ["a.test"]'),
        /xopc:refused only/,
      ],
      ['other domains', (lease) => proxy(own(lease), `type = "http"\ncustomDomains = ["bank.test"]`), /xopc:refused/],
      ['other domains besides', (lease) => proxy(own(lease), with_(lease, 'customDomains = ["*"]')), /xopc:refused custom_domains/],
      ['a path only', (lease) => proxy(own(lease), with_(lease, 'locations = ["/a"]')), /xopc:refused locations/],
      ['request headers', (lease) => proxy(own(lease), with_(lease, 'requestHeaders.set.x-a = "b"')), /xopc:refused headers/],
      ['response headers', (lease) => proxy(own(lease), with_(lease, 'responseHeaders.set.x-a = "b"')), /xopc:refused response_headers/],
      ['another Host', (lease) => proxy(own(lease), with_(lease, 'hostHeaderRewrite = "a.test"')), /xopc:refused host_header_rewrite/],
      ['a password', (lease) => proxy(own(lease), with_(lease, 'httpUser = "a"\nhttpPassword = "b"')), /xopc:refused http_/],
      ['a route by user', (lease) => proxy(own(lease), with_(lease, 'routeByHTTPUser = "a"')), /xopc:refused route_by_http_user/],
      [
        'a group',
        (lease) => proxy(own(lease), with_(lease, 'loadBalancer.group = "a"\nloadBalancer.groupKey = "b"')),
        /xopc:refused group/,
      ],
      ['metadata', (lease) => proxy(own(lease), with_(lease, 'metadatas.a = "b"')), /xopc:refused metas/],
      ['less bandwidth', (lease) => proxy(own(lease), with_(lease, 'transport.bandwidthLimit = "1MB"')), /xopc:refused bandwidth_limit/],
      [
        'bandwidth that frps limits',
        (lease) => proxy(own(lease), with_(lease, 'transport.bandwidthLimit = "1MB"\ntransport.bandwidthLimitMode = "server"')),
        /xopc:refused bandwidth/,
      ],
      ['compression', (lease) => proxy(own(lease), with_(lease, 'transport.useCompression = true')), /xopc:refused use_compression/],
    ])('%s is refused', async (_, text, reason) => {
      const [lease, other] = await Promise.all([newLease(), newLease()])
      const link = await startFrpc(frpc, lease, discovery, { localPort, proxy: text(lease, other) })
      await link.says(reason)
      expect((await visit(lease.publicUrl)).status).toBe(404)
      expect((await visit(other.publicUrl)).status).toBe(404)
    })
  })

  describe('a question to the plugin that is not frps’s', () => {
    const plugin = async () => {
      const text = await readFile(join(broker.stateDir, 'broker-dev/frps.toml'), 'utf8')
      const [, addr = ''] = /^addr = "(.*)"$/m.exec(text) ?? []
      const [, path = ''] = /^path = "(.*)"$/m.exec(text) ?? []
      return { addr, path }
    }
    const question = async (op: string, content: object, over: { path?: string; headers?: Record<string, string>; op?: string } = {}) => {
      const { addr, path } = await plugin()
      const body = JSON.stringify({ version: '0.1.0', op: over.op ?? op, content })
      return await fetch(`http://${addr}${over.path ?? path}?version=0.1.0&op=${op}`, { method: 'POST', body, headers: over.headers ?? {} })
    }
    const login = (lease: Registration, more: object = {}) => ({
      version: '0.71.0',
      metas: { token: lease.frpc.authToken },
      client_address: '127.0.0.1:1',
      ...more,
    })

    it('has no answer at another path, or where somebody passed it on', async () => {
      const content = login(await newLease())
      expect((await question('Login', content, { path: '/' })).status).toBe(404)
      expect((await question('Login', content, { path: `/${'0'.repeat(48)}` })).status).toBe(404)
      expect((await question('Login', content, { headers: { 'x-forwarded-for': '127.0.0.1' } })).status).toBe(404)
      expect((await question('Login', content, { op: 'NewProxy' })).status).toBe(400)
    })

    it.each([
      ['a login of an old frpc (attack A74)', 'Login', { version: '0.68.0' }, 'xopc:refused'],
      ['a login of an frpc without a version', 'Login', { version: undefined }, 'xopc:refused'],
      ['an operation that nobody knows', 'NewUserConn', {}, 'xopc:refused'],
      ['a ping of nobody', 'Ping', { user: { metas: { token: 'xopc_fa_wrong' }, run_id: 'r' } }, 'xopc:auth'],
    ])('refuses %s', async (_, op, more, reason) => {
      const reply = await question(op, login(await newLease(), more))
      expect(await reply.json()).toEqual({ reject: true, reject_reason: expect.stringMatching(`^${reason}`) })
    })
  })
})

/** The one proxy that is allowed, with something more. */
function with_(lease: Registration, more: string): string {
  return `type = "http"\nsubdomain = "${lease.subdomain}"\n${more}`
}
