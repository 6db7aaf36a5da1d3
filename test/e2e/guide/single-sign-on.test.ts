import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Certificate, createTestCa, type TestCa } from '../../support/certs.ts'
import { atEnd, tempFolder } from '../../support/cleanup.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { startCaddy, startNginx } from '../../support/proxy-programs.ts'
import { run } from '../../support/run.ts'
import { startUpstream } from '../../support/upstream.ts'
import { blocksOf } from '../gateway/guide-blocks.ts'

// The configurations of docs/guide/single-sign-on.md, as they stand there but for ports, paths of certificates and secrets.

const NAME = 'gateway.example.com'
const SECRET = '5ec2e7aa'.repeat(6)
const [nginxBasic = '', nginxOauth = ''] = textsOf('nginx')
const [caddyBasic = '', caddyAuthelia = ''] = textsOf('caddyfile')

needsPeer(['nginx', 'caddy', 'caddy-2.11'], 'the proxies of the page on single sign-on', (nginx, caddy, caddyNew) => {
  let ca: TestCa
  let certificate: Certificate
  let house: RunningGateway
  beforeAll(async () => {
    ca = await createTestCa()
    certificate = await ca.leaf([NAME])
    house = await openGateway('X-Forwarded-User')
  })

  /** An nginx with the page's text and what stands beside it. */
  async function openNginx(text: string, changes: Record<string, string> = {}): Promise<Visit> {
    const [folder, port] = [await tempFolder(), await freePort()]
    const files = { secret: join(folder, 'secret.conf'), users: join(folder, 'htpasswd') }
    const { stdout } = await run(['openssl', 'passwd', '-apr1', '-stdin'], { input: 'long enough\n' })
    await writeFile(files.users, `anna:${stdout}`)
    await writeFile(files.secret, `proxy_set_header X-Xopc-Proxy-Secret ${SECRET};\n`)
    const config = changed(text, {
      'listen 443': `listen ${port}`,
      [`/etc/letsencrypt/live/${NAME}/fullchain.pem`]: certificate.certFile,
      [`/etc/letsencrypt/live/${NAME}/privkey.pem`]: certificate.keyFile,
      '127.0.0.1:18790': `127.0.0.1:${house.port}`,
      '/etc/nginx/xopc-secret.conf': files.secret,
      ...(text.includes('htpasswd') ? { '/etc/nginx/xopc.htpasswd': files.users } : {}),
      ...changes,
    })
    await startNginx(nginx, { config, port })
    return (path, more) => visit(ca, port, path, more)
  }

  async function openCaddy(program: string, text: string, changes: Record<string, string>, gateway = house): Promise<Visit> {
    const port = await freePort()
    const config = changed(text, {
      [`${NAME} {`]: `https://${NAME}:${port} {\n tls ${certificate.certFile} ${certificate.keyFile}`,
      '127.0.0.1:18790': `127.0.0.1:${gateway.port}`,
      // Caddy's own environment is not ours to set here.
      '{env.XOPC_PROXY_SECRET}': SECRET,
      ...changes,
    })
    await startCaddy(program, { config, port })
    return (path, more) => visit(ca, port, path, more)
  }

  async function openCaddyBasic(program: string): Promise<Visit> {
    const { stdout } = await run([program, 'hash-password', '--plaintext', 'long enough'])
    return openCaddy(program, caddyBasic, { '$2a$14$PUT.THE.HASH.HERE': stdout.trim() })
  }

  describe.each([
    ['nginx', () => openNginx(nginxBasic)],
    ['Caddy 2.6', () => openCaddyBasic(caddy)],
    ['Caddy 2.11', () => openCaddyBasic(caddyNew)],
  ] as const)('%s with a password of its own', (_, open) => {
    let come: Visit
    beforeAll(async () => {
      come = await open()
    })
    const password = basic('anna', 'long enough')

    it('tells the app who signed in, and nothing of the password and the secret', async () => {
      const { status, body } = await come('/headers', { ...password, 'X-Forwarded-User': 'root', 'X-Xopc-Proxy-Secret': 'x' })
      expect([status, seenBy(body)['x-xopc-user']]).toEqual([200, 'sso:anna'])
      expect(body).not.toMatch(/basic |x-forwarded-user|x-xopc-proxy-secret|root/i)
      expect(body).not.toContain(SECRET)
    })

    it('shows the overview to who signed in, and lets nobody change anything', async () => {
      expect((await come('/xopc/', { ...password, Accept: 'text/html' })).body).toContain('data-view="overview"')
      expect((await come('/xopc/api/status', password)).status).toBe(200)
      expect((await come('/xopc/api/config', password)).status).toBe(403)
    })

    it('asks for the password, and takes no wrong one', async () => {
      for (const headers of [{}, basic('anna', 'wrong'), basic('root', 'long enough'), { 'X-Forwarded-User': 'anna' }]) {
        expect((await come('/headers', headers)).status).toBe(401)
      }
    })

    it('passes events and WebSockets', async () => {
      expect((await come('/events?count=3', password)).body.match(/data:/g)).toHaveLength(3)
      const upgrade = {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      }
      expect((await come('/ws', { ...password, ...upgrade })).status).toBe(101)
      expect((await come('/ws', upgrade)).status).toBe(401)
      expect((await come('/ws', { ...password, ...upgrade, Origin: 'https://evil.example' })).status).toBe(403)
    })

    it('lets everybody ask whether a gateway is there, and nobody be somebody by asking', async () => {
      for (const headers of [{}, basic('root', 'whatever'), { 'X-Forwarded-User': 'root' }]) {
        expect((await come('/health', headers)).status).toBe(200)
        const ping = await come('/api/tunnel/pair/ping', headers)
        expect([ping.status, ping.body]).toEqual([200, expect.stringContaining('xopc-gateway')])
      }
    })
  })

  it('nginx with oauth2-proxy: who is signed in there comes in, others are sent there', async () => {
    const oauth = await serve((req, res) => {
      // What `--set-xauthrequest` gives: https://oauth2-proxy.github.io/oauth2-proxy/configuration/integration
      const signedIn = req.headers.cookie === '_oauth2_proxy=anna'
      if (req.url?.startsWith('/oauth2/sign_in')) res.writeHead(403).end('sign in here')
      else res.writeHead(signedIn ? 202 : 401, signedIn ? { 'X-Auth-Request-Email': 'anna@example.com' } : {}).end()
    })
    const come = await openNginx(nginxOauth, { '127.0.0.1:4180': `127.0.0.1:${oauth}` })
    const { status, body } = await come('/headers', { Cookie: '_oauth2_proxy=anna', 'X-Forwarded-User': 'root' })
    expect([status, seenBy(body)['x-xopc-user']]).toEqual([200, 'sso:anna%40example.com'])
    expect(await come('/headers', { 'X-Forwarded-User': 'root', 'X-Auth-Request-Email': 'root' })).toEqual({
      status: 403,
      body: 'sign in here',
    })
  })

  it.each(['Caddy 2.6', 'Caddy 2.11'])(
    '%s with Authelia: who is signed in there comes in, others are sent there, and nobody names themselves',
    async (version) => {
      const authelia = await serve((req, res) => {
        const paths = { cookie: req.headers.cookie, uri: String(req.headers['x-forwarded-uri']) }
        if (paths.cookie === 'authelia_session=anna') res.writeHead(200, { 'Remote-User': 'anna' }).end()
        // Its policy `bypass`: everybody may pass, and nobody is named.
        else if (paths.uri.startsWith('/headers?bypass')) res.writeHead(200).end()
        else res.writeHead(302, { Location: 'https://auth.example.com/' }).end()
      })
      const gateway = await openGateway('Remote-User')
      const come = await openCaddy(
        version === 'Caddy 2.6' ? caddy : caddyNew,
        caddyAuthelia,
        { '127.0.0.1:9091': `127.0.0.1:${authelia}` },
        gateway,
      )
      const { status, body } = await come('/headers', { Cookie: 'authelia_session=anna', 'Remote-User': 'root' })
      expect([status, seenBy(body)['x-xopc-user']]).toEqual([200, 'sso:anna'])
      expect((await come('/headers', { 'Remote-User': 'root' })).status).toBe(302)
      expect(await come('/headers?bypass', { 'Remote-User': 'root' })).toMatchObject({ status: 401 })
    },
  )

  it('the same header past the proxy, straight to the port, is refused', async () => {
    const answer = await fetch(`${house.url}/headers`, { headers: { 'X-Forwarded-User': 'anna' } })
    expect([answer.status, await answer.json()]).toEqual([401, expect.objectContaining({ code: 'invalid_proxy_credentials' })])
    expect(await readFile(join(house.stateDir, 'logs/audit.log'), 'utf8')).toContain('secret-missing')
  })
})

type Visit = (path: string, headers?: Record<string, string>) => Promise<{ status: number; body: string }>

function textsOf(language: string): string[] {
  return blocksOf('single-sign-on')
    .filter((block) => block.language === language)
    .map(({ text }) => text)
}

/** The text with each of these places changed. Throws where one is not there: then the page says something else. */
function changed(text: string, changes: Record<string, string>): string {
  return Object.entries(changes).reduce((all, [from, to]) => {
    if (!all.includes(from)) throw new Error(`the page does not say ${from}`)
    return all.replaceAll(from, () => to)
  }, text)
}

async function openGateway(userHeader: string): Promise<RunningGateway> {
  const auth = { mode: 'trusted-proxy', trustedProxy: { userHeader, sharedSecret: SECRET } }
  const upstream = { url: (await startUpstream()).url }
  return startGateway({ config: { gateway: { publicUrl: `https://${NAME}`, trustedProxies: ['127.0.0.1'], auth, upstream } } })
}

/** A request over https to this name, wherever it is. */
async function visit(
  ca: TestCa,
  port: number,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string }> {
  const trusted = await readFile(ca.caFile)
  return new Promise((resolve, reject) => {
    const call = request({
      host: '127.0.0.1',
      port,
      path,
      servername: NAME,
      ca: trusted,
      headers: { Host: NAME, ...headers },
      agent: false,
      timeout: 20_000,
    })
    call.once('error', reject)
    call.once('upgrade', ({ statusCode = 0 }, socket) => {
      socket.destroy()
      resolve({ status: statusCode, body: '' })
    })
    call.once('response', (reply) => {
      let body = ''
      reply.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      reply.once('error', reject)
      reply.once('end', () => resolve({ status: reply.statusCode ?? 0, body }))
    })
    call.end()
  })
}

/** Headers as the fixture app received them. */
function seenBy(body: string): Record<string, string> {
  // `as`: what the app answers at /headers.
  const { headers } = JSON.parse(body) as { headers: [string, string][] }
  return Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]))
}

function basic(user: string, password: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
}

/** A stand-in for a sign-in service; gives its port. */
async function serve(handle: (req: IncomingMessage, res: ServerResponse) => unknown): Promise<number> {
  const server = createServer(handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  atEnd(async () => {
    server.closeAllConnections()
    server.close()
  })
  const at = server.address()
  return typeof at === 'object' && at !== null ? at.port : 0
}
