import { readFile } from 'node:fs/promises'
import { request as plainly } from 'node:http'
import { request as securely } from 'node:https'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { createTestCa, type Certificate } from '../../support/certs.ts'
import { tempFolder } from '../../support/cleanup.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { startCaddy, startNginx } from '../../support/proxy-programs.ts'

// A proxy that nobody told the gateway of: its name becomes known where the owner signs in by it, and there alone (contract 4, Host and Origin).

const names = ['console.example.com', 'other.example.com', 'localhost', 'nas.local', 'nas'] as const
const [ours, another] = names

interface Reply {
  status: number
  headers: Record<string, string | string[] | undefined>
  json: { code?: string; seenAs?: unknown; sessionKey?: string }
}

/** A browser at an origin whose name leads to 127.0.0.1. */
let trusted: Buffer
function ask(method: string, url: string, headers: Record<string, string> = {}, body?: string): Promise<Reply> {
  const { protocol, hostname, port, host, pathname } = new URL(url)
  const secure = protocol === 'https:'
  const to = { host: '127.0.0.1', port, path: pathname, method, agent: false, headers: { host, ...headers } }
  return new Promise((resolve, reject) => {
    const asked = secure ? securely({ ...to, servername: hostname, ca: trusted }) : plainly(to)
    asked.once('error', reject).once('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (more: string) => (text += more))
      // `as`: JSON of the gateway, as far as it is read here.
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, json: JSON.parse(text) as Reply['json'] }),
      )
    })
    asked.end(body)
  })
}

/** Signs in as the page of `origin` does; gives the headers that its next requests carry. */
async function signIn(gateway: RunningGateway, origin: string): Promise<{ cookie: string; key: string; setCookie: string }> {
  const headers = { origin, 'content-type': 'application/json' }
  const reply = await ask('POST', `${origin}/xopc/api/session`, headers, JSON.stringify({ token: gateway.token }))
  expect(reply.status, JSON.stringify(reply.json)).toBe(200)
  const setCookie = String(reply.headers['set-cookie'])
  return { cookie: setCookie.split(';')[0] ?? '', key: reply.json.sessionKey ?? '', setCookie }
}

needsPeer(['nginx', 'caddy', 'caddy-2.11'], 'a name that nobody configured', (nginx, caddy, caddyNew) => {
  let certificate: Certificate
  beforeAll(async () => {
    const ca = await createTestCa()
    trusted = await readFile(ca.caFile)
    certificate = await ca.leaf(names)
  })

  /** Starts a proxy over http and https; gives the origin of a name there. */
  type Begin = (to: { port: number; socket: string }) => Promise<(name: string, scheme?: 'http' | 'https') => string>

  const nginxWith =
    (location: (to: { port: number; socket: string }) => string): Begin =>
    async (to) => {
      const [https, http] = [await freePort(), await freePort()]
      const tls = `listen ${https} ssl; ssl_certificate ${certificate.certFile}; ssl_certificate_key ${certificate.keyFile};`
      await startNginx(nginx, { config: `server { ${tls} listen ${http}; location / { ${location(to)} } }`, port: https })
      return (name, scheme = 'https') => `${scheme}://${name}:${scheme === 'https' ? https : http}`
    }

  const caddyWith =
    (program: string): Begin =>
    async ({ port }) => {
      const [https, http] = [await freePort(), await freePort()]
      const [tls, pass] = [`tls ${certificate.certFile} ${certificate.keyFile}`, `reverse_proxy 127.0.0.1:${port}`]
      const secure = names.map((name) => `https://${name}:${https}`).join(', ')
      await startCaddy(program, { config: `${secure} {\n  ${tls}\n  ${pass}\n}\nhttp://:${http} {\n  ${pass}\n}\n`, port: https })
      return (name, scheme = 'https') => `${scheme}://${name}:${scheme === 'https' ? https : http}`
    }

  const whole = 'proxy_set_header Host $http_host;'
  const portless = 'proxy_set_header Host $host;'
  const forwarding = 'proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-For $remote_addr;'
  const proxies: [string, Begin][] = [
    ['nginx', nginxWith(({ port }) => `proxy_pass http://127.0.0.1:${port}; ${whole}`)],
    ['nginx that drops the port', nginxWith(({ port }) => `proxy_pass http://127.0.0.1:${port}; ${portless} ${forwarding}`)],
    ['nginx by the socket', nginxWith(({ socket }) => `proxy_pass http://unix:${socket}; ${whole} ${forwarding}`)],
    ['Caddy 2.6', caddyWith(caddy)],
    ['Caddy 2.11', caddyWith(caddyNew)],
  ]

  describe.each(proxies)('%s', (title, begin) => {
    const ingress = title.endsWith('socket') ? 'proxy' : 'local'
    let gateway: RunningGateway
    let at: Awaited<ReturnType<Begin>>
    beforeAll(async () => {
      const socket = join(await tempFolder(), 'proxy.sock')
      gateway = await startGateway({ config: { gateway: { proxySocket: socket } } })
      at = await begin({ port: gateway.port, socket })
    })
    const overview = (origin: string, headers: Record<string, string> = {}) => ask('GET', `${origin}/xopc/api/overview`, headers)

    it('tells nothing before somebody signed in there', async () => {
      expect(await overview(at(ours))).toMatchObject({ status: 421, json: { code: 'UNKNOWN_HOST' } })
      expect(await overview(at(ours), { 'x-forwarded-host': `127.0.0.1:${gateway.port}` })).toMatchObject({ status: 421 })
      expect((await ask('GET', `${at(ours)}/health`)).status).toBe(200)
    })

    it('refuses a page of another origin the owner’s own token', async () => {
      const headers = { origin: at(another), 'content-type': 'application/json' }
      const reply = await ask('POST', `${at(ours)}/xopc/api/session`, headers, JSON.stringify({ token: gateway.token }))
      expect(reply).toMatchObject({ status: 403, json: { code: 'ORIGIN_NOT_HOST' } })
    })

    it('is known once the owner signed in, and offered as the public address', async () => {
      const origin = at(ours)
      const { cookie, setCookie } = await signIn(gateway, origin)
      expect(setCookie).toMatch(/^__Host-xopc_session=[^;]+;.*Secure/)
      expect(await overview(origin, { cookie })).toMatchObject({ status: 200, json: { seenAs: { origin, ingress } } })
      expect(await overview(origin)).toMatchObject({ status: 401 })
    })

    it('is good for what needs both halves', async () => {
      const origin = at(ours)
      const { cookie, key } = await signIn(gateway, origin)
      const config = (headers: Record<string, string>) => ask('GET', `${origin}/xopc/api/config`, headers)
      expect(await config({ cookie, 'x-xopc-token': key, origin })).toMatchObject({ status: 200 })
      expect(await config({ cookie })).toMatchObject({ status: 403, json: { code: 'SCOPE_MISSING' } })
      expect(await config({ cookie, 'x-xopc-token': key, origin: 'https://evil.example' })).toMatchObject({ status: 403 })
    })

    it('makes a cookie that is worth nothing at another name', async () => {
      const { cookie, key } = await signIn(gateway, at(ours))
      expect(await overview(at(another), { cookie })).toMatchObject({ status: 421, json: { code: 'UNKNOWN_HOST' } })
      // Also where that name is known: somebody signed in there, too.
      await signIn(gateway, at(another))
      for (const headers of [{ cookie }, { cookie, 'x-xopc-token': key }, { cookie, origin: at(ours) }]) {
        expect(await overview(at(another), headers)).toMatchObject({ status: 401 })
      }
      expect(await overview(at(ours), { cookie, origin: at(another) })).toMatchObject({ status: 401 })
    })

    it.each([
      ['plain http', ours, 'http'],
      ['loopback', 'localhost', 'https'],
      ['a name of the local network', 'nas.local', 'https'],
      ['a name without a domain', 'nas', 'https'],
    ] as const)('is not offered where it is %s', async (_, name, scheme) => {
      const origin = at(name, scheme)
      const { cookie } = await signIn(gateway, origin)
      expect(await overview(origin, { cookie })).toMatchObject({ status: 200, json: { seenAs: null } })
    })

    it('is not offered any more once it is the public address', async () => {
      const origin = at(ours)
      const { cookie, key } = await signIn(gateway, origin)
      expect((await overview(origin, { cookie })).json.seenAs).toEqual({ origin, ingress })
      const both = { cookie, origin, 'x-xopc-token': key, 'content-type': 'application/json' }
      const save = (publicUrl: string | null) => ask('PATCH', `${origin}/xopc/api/config`, both, JSON.stringify({ gateway: { publicUrl } }))
      expect(await save(origin)).toMatchObject({ status: 200 })
      expect((await overview(origin, { cookie })).json.seenAs).toBe(null)
      expect(await save(null)).toMatchObject({ status: 200 })
      expect((await overview(origin, { cookie })).json.seenAs).toEqual({ origin, ingress })
    })
  })

  it('a proxy that drops the port and tells nothing of itself looks like another page of that name', async () => {
    // A32: a browser that speaks to the gateway itself always sends the port.
    const gateway = await startGateway()
    const at = await nginxWith(({ port }) => `proxy_pass http://127.0.0.1:${port}; ${portless}`)({ port: gateway.port, socket: '' })
    const headers = { origin: at(ours), 'content-type': 'application/json' }
    const reply = await ask('POST', `${at(ours)}/xopc/api/session`, headers, JSON.stringify({ token: gateway.token }))
    expect(reply).toMatchObject({ status: 403, json: { code: 'ORIGIN_NOT_HOST' } })
  })
})
