import { describe, expect, it } from 'vitest'
import { ask, speak, startApp, startEdge, TOKEN, until } from './support.ts'

const CHOSEN = 'a-long-token-that-i-chose-myself'
const app = await startApp()
const alone = await startEdge()
const fronted = await startEdge({ upstream: { url: app.url } })

const code = (reply: { body: string }): unknown => (reply.body.startsWith('{') ? (JSON.parse(reply.body) as { code: unknown }).code : null)
const at = (host: string) => ({ Host: host })
const page = { Accept: 'text/html,*/*' }

describe('health', () => {
  it.each(['/health', '/xopc/api/health'])('%s is told to anybody, by any name', async (path) => {
    const reply = await ask(fronted.port, path, { bare: true, headers: at('evil.example') })
    expect([reply.status, JSON.parse(reply.body)]).toEqual([200, { status: 'ok', version: '0.0.0', uptime: 1 }])
  })
})

describe('own replies', () => {
  it('cannot be framed, cached, sniffed or read by other origins', async () => {
    for (const path of ['/health', '/api/status', '/xopc/']) {
      const { headers } = await ask(alone.port, path)
      expect(headers).toMatchObject({
        'x-xopc-api': '1',
        'content-security-policy': expect.stringContaining("frame-ancestors 'none'") as unknown,
        'x-frame-options': 'DENY',
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      })
      expect(headers).not.toHaveProperty('access-control-allow-origin')
    }
  })
})

describe('the form of a request', () => {
  const auth = `Authorization: Bearer ${TOKEN}\r\n`
  it.each([
    ['two hosts', 'GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n', 400],
    ['no host', 'GET / HTTP/1.1\r\n', 400],
    ['a host with a path', 'GET / HTTP/1.1\r\nHost: localhost/x\r\n', 400],
    ['an absolute URL', 'GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n', 400],
    ['an asterisk', 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\n', 400],
    ['TRACE', 'TRACE / HTTP/1.1\r\nHost: localhost\r\n', 400],
    ['two Authorization headers', `GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\n`, 400],
    ['length and chunks', 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n', 400],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost: localhost\r\nX-A : b\r\n', 400],
    ['a folded header', 'GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n c\r\n', 400],
    ['a chunked that is not last', 'POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, identity\r\n', 400],
    ['headers without end', `GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ${'b'.repeat(40_000)}\r\n`, 431],
  ])('%s is refused', async (_, head, status) => {
    expect(await speak(fronted.port, `${head}${auth}Connection: close\r\n\r\n`)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  })

  it('CONNECT gets no tunnel', async () => {
    expect(await speak(fronted.port, `CONNECT localhost:22 HTTP/1.1\r\nHost: localhost\r\n${auth}\r\n`)).not.toMatch(/^HTTP\/1\.1 2/)
  })

  it('Upgrade: h2c is answered as if it had not been asked for', async () => {
    const heard = await speak(
      fronted.port,
      `GET /headers HTTP/1.1\r\nHost: localhost\r\n${auth}Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n`,
    )
    expect(heard).toMatch(/^HTTP\/1\.1 200 /)
    expect(heard).not.toMatch(/h2c|HTTP2-Settings/i)
  })

  it.each([
    ['without a key', 'GET', 'Sec-WebSocket-Version: 13\r\n'],
    ['with a short key', 'GET', 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA\r\n'],
    ['of an old version', 'GET', 'Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'],
    ['by POST', 'POST', 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'],
  ])('a WebSocket handshake %s is refused', async (_, method, lines) => {
    const heard = await speak(
      fronted.port,
      `${method} /ws HTTP/1.1\r\nHost: localhost\r\n${auth}Connection: Upgrade\r\nUpgrade: websocket\r\n${lines}\r\n`,
    )
    expect(heard).toMatch(/^HTTP\/1\.1 400 .*UPGRADE_INVALID/s)
  })
})

describe('a request by an unknown name', () => {
  const evil = at('evil.example:18790')
  it.each([
    ['GET', '/', 200],
    ['GET', '/xopc/', 200],
    ['GET', '/api/tunnel/pair/ping', 200],
    ['POST', '/api/gateway-identity/challenge', 200],
    ['POST', '/api/session', 200],
    ['GET', '/api/status', 421],
    ['GET', '/xopc/api/status', 421],
    ['DELETE', '/api/session', 421],
    ['GET', '/anything', 421],
    ['POST', '/xopc/', 421],
  ])('%s %s without a credential: %i', async (method, path, status) => {
    const reply = await ask(alone.port, path, { bare: true, method, headers: evil })
    expect([reply.status, status === 421 ? code(reply) : null]).toEqual([status, status === 421 ? 'UNKNOWN_HOST' : null])
  })

  it('with a good token passes, here and to the app', async () => {
    expect((await ask(alone.port, '/api/status', { headers: evil })).status).toBe(200)
    expect((await ask(fronted.port, '/', { headers: evil })).status).toBe(200)
    expect(alone.handed.at(-1)?.exchange.knownHost).toBe(false)
  })

  it('with the cookie of another name has none', async () => {
    const { setCookie } = alone.sessions.create(`http://localhost:${alone.port}`, 'local')
    const cookie = { Cookie: setCookie.split(';')[0] ?? '' }
    expect((await ask(alone.port, '/api/status', { bare: true, headers: { ...evil, ...cookie } })).status).toBe(421)
    expect((await ask(alone.port, '/api/status', { bare: true, headers: { ...at(`localhost:${alone.port}`), ...cookie } })).status).toBe(
      200,
    )
  })

  it('becomes known by a session made there, at that origin only', async () => {
    const { setCookie, key } = alone.sessions.create('https://new.example', 'local')
    const headers = { ...at('new.example'), Cookie: setCookie.split(';')[0] ?? '' }
    const reply = await ask(alone.port, '/api/status', {
      bare: true,
      headers: { ...headers, Origin: 'https://new.example', 'X-Xopc-Token': key },
    })
    expect([reply.status, JSON.parse(reply.body)]).toEqual([200, expect.objectContaining({ scopes: ['read', 'run', 'pair', 'admin'] })])
    expect((await ask(alone.port, '/api/status', { bare: true, headers: { ...headers, Origin: 'http://new.example' } })).status).toBe(403)
  })

  it('to the app: a page is sent to sign in, the rest is refused', async () => {
    expect(await ask(fronted.port, '/', { bare: true, headers: { ...evil, ...page } })).toMatchObject({
      status: 303,
      headers: { location: '/xopc/' },
    })
    expect(code(await ask(fronted.port, '/data', { bare: true, headers: evil }))).toBe('UNKNOWN_HOST')
  })

  it.each(['localhost:1', '127.0.0.1:28790', '[::1]:28790'])('%s is this computer, on any port', async (host) => {
    expect((await ask(alone.port, '/api/status', { bare: true, headers: at(host) })).status).toBe(200)
  })
})

describe('a page of another origin', () => {
  it.each(['https://evil.example', 'null', 'file://', 'chrome-extension://abc', 'http://localhost:3000', 'https://127.0.0.1:{port}', ''])(
    '%j may not use our API, even with a token',
    async (origin) => {
      const reply = await ask(alone.port, '/api/status', { headers: { Origin: origin.replace('{port}', String(alone.port)) } })
      expect([reply.status, code(reply)]).toEqual([403, 'FOREIGN_ORIGIN'])
      expect(reply.headers).not.toHaveProperty('access-control-allow-origin')
    },
  )

  it.each(['http://localhost:{port}', 'http://127.0.0.1:{port}'])('%s is ours', async (origin) => {
    expect((await ask(alone.port, '/api/status', { headers: { Origin: origin.replace('{port}', String(alone.port)) } })).status).toBe(200)
  })

  it('Origin that equals Host permits nothing but signing in', async () => {
    const headers = { ...at('evil.example'), Origin: 'http://evil.example' }
    expect(code(await ask(alone.port, '/api/status', { headers }))).toBe('FOREIGN_ORIGIN')
    expect((await ask(alone.port, '/api/session', { method: 'POST', bare: true, headers })).status).toBe(200)
    expect(
      (
        await ask(alone.port, '/xopc/api/session', {
          method: 'POST',
          bare: true,
          headers: { ...at('a.example'), Origin: 'https://a.example' },
        })
      ).status,
    ).toBe(200)
  })

  it.each([
    ['another host', 'a.example', 'https://evil.example'],
    ['another port', 'a.example:8443', 'https://a.example'],
    ['no origin', 'a.example', 'null'],
    ['a file', 'a.example', 'file://a.example'],
    ['a path', 'a.example', 'https://a.example/x'],
  ])('signing in from %s is refused', async (_, host, origin) => {
    const reply = await ask(alone.port, '/api/session', { method: 'POST', bare: true, headers: { ...at(host), Origin: origin } })
    expect([reply.status, code(reply)]).toEqual([403, 'ORIGIN_NOT_HOST'])
  })

  it('cannot use the cookie for a change at the app, but a token is its own proof', async () => {
    const origin = `http://localhost:${fronted.port}`
    const cookie = { ...at(`localhost:${fronted.port}`), Cookie: fronted.sessions.create(origin, 'local').setCookie.split(';')[0] ?? '' }
    const foreign = { Origin: 'http://localhost:3000' }
    const post = (headers: Record<string, string>, bare = true) => ask(fronted.port, '/headers', { method: 'POST', bare, headers })
    expect((await post({ ...cookie, ...foreign })).status).toBe(401)
    expect((await post({ ...cookie, Origin: 'null' })).status).toBe(401)
    expect((await post({ ...cookie, Origin: origin })).status).toBe(200)
    expect((await post(foreign, false)).status).toBe(200)
  })

  it('in corsOrigins may use our API with a token and hear the answer; preflights are answered, or left to the app', async () => {
    const origin = 'https://good.example'
    const both = [await startEdge({ corsOrigins: [origin] }), await startEdge({ corsOrigins: [origin], upstream: { url: app.url } })]
    const preflight = { Origin: origin, 'Access-Control-Request-Method': 'POST' }
    for (const { port } of both) {
      const asked = await ask(port, '/xopc/api/status', { method: 'OPTIONS', bare: true, headers: preflight })
      expect(asked).toMatchObject({ status: 204, headers: { 'access-control-allow-origin': origin } })
      expect(asked.headers).not.toHaveProperty('access-control-allow-credentials')
      const reply = await ask(port, '/xopc/api/status', { headers: { Origin: origin } })
      expect(reply).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': origin } })
      const other = { ...preflight, Origin: 'https://evil.example' }
      expect((await ask(port, '/xopc/api/status', { method: 'OPTIONS', bare: true, headers: other })).status).toBe(403)
    }
    const port = both[1]?.port ?? 0
    const atApp = await ask(port, '/headers', { method: 'OPTIONS', bare: true, headers: preflight })
    expect([atApp.status, atApp.body]).toEqual([200, expect.not.stringContaining('X-Xopc-User')])
    expect(
      (await ask(port, '/headers', { method: 'OPTIONS', bare: true, headers: { ...preflight, Origin: 'https://evil.example' } })).status,
    ).toBe(401)
  })
})

describe('without a credential', () => {
  it('our API gets to Control as anonymous, the app is 401 in JSON', async () => {
    expect((await ask(alone.port, '/api/status', { bare: true })).body).toContain('"anonymous"')
    const reply = await ask(fronted.port, '/data', { bare: true })
    expect([reply.status, code(reply), reply.headers['www-authenticate']]).toEqual([401, 'missing_token', 'Bearer realm="xopc"'])
  })

  it('a browser asking for a page of the app is sent to sign in; its scripts and pictures are not', async () => {
    expect(await ask(fronted.port, '/page?a=1', { bare: true, headers: page })).toMatchObject({
      status: 303,
      headers: { location: '/xopc/' },
    })
    expect((await ask(fronted.port, '/x', { bare: true, headers: { ...page, 'Sec-Fetch-Mode': 'cors' } })).status).toBe(401)
    expect((await ask(fronted.port, '/x', { bare: true, method: 'POST', headers: page })).status).toBe(401)
  })

  it('a refusal leaves the connection as it is', async () => {
    const once = 'GET /data HTTP/1.1\r\nHost: localhost\r\n'
    const heard = await speak(fronted.port, `${once}\r\n${once}Connection: close\r\n\r\n`)
    expect(heard.match(/HTTP\/1\.1 401/g)).toHaveLength(2)
  })

  it('a short body is read and forgotten, so that the connection goes on', async () => {
    const once = 'POST /data HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n'
    const heard = await speak(fronted.port, `${once}\r\nhello${once}Connection: close\r\n\r\nhello`)
    expect(heard.match(/HTTP\/1\.1 401/g)).toHaveLength(2)
  })

  it('a body that is long, of no known length, or waits to be asked for is not', async () => {
    for (const line of ['Content-Length: 65537', 'Transfer-Encoding: chunked', 'Content-Length: 5\r\nExpect: 100-continue'])
      expect(await speak(fronted.port, `POST /data HTTP/1.1\r\nHost: localhost\r\n${line}\r\n\r\n`)).toMatch(
        /^HTTP\/1\.1 401 .*Connection: close/is,
      )
  })

  it('a short body that does not come ends the connection', { timeout: 20_000 }, async () => {
    const heard = await speak(fronted.port, 'POST /data HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhel')
    expect(heard).toMatch(/^HTTP\/1\.1 401 /)
  })

  it('nothing is read of the body', async () => {
    const began = Date.now()
    const heard = await speak(fronted.port, 'POST /data HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\nhello')
    expect(heard).toMatch(/^HTTP\/1\.1 401 .*Connection: close/is)
    expect(Date.now() - began).toBeLessThan(3_000)
  })

  it('a body for our API has ten seconds', { timeout: 20_000 }, async () => {
    const waiting = await startEdge()
    const heard = await speak(waiting.port, 'POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhel')
    expect(heard).toMatch(/^HTTP\/1\.1 (200|408) /)
  })
})

describe('the limit of wrong credentials', () => {
  it('is counted before the body is read, blocks with Retry-After, and leaves generated ones alone', async () => {
    const edge = await startEdge({ auth: { mode: 'token', token: CHOSEN, rateLimit: { maxAttempts: 3 } }, upstream: { url: app.url } })
    const wrong = { Authorization: 'Bearer not-the-token' }
    for (const path of ['/xopc/api/status', '/data', '/api/tunnel/exchange-token']) {
      const reply = await ask(edge.port, path, { method: 'POST', headers: wrong })
      expect([reply.status, code(reply)]).toEqual([401, 'invalid_token'])
    }
    const blocked = await ask(edge.port, '/', { headers: { Authorization: `Bearer ${CHOSEN}` } })
    expect([blocked.status, code(blocked), Number(blocked.headers['retry-after'])]).toEqual([429, 'auth_blocked', expect.closeTo(300, -1)])
    expect((await ask(edge.port, '/data', { bare: true })).status).toBe(401)
    expect((await ask(edge.port, '/health', { bare: true })).status).toBe(200)
    expect(edge.audits.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['AuthAudit.invalid', 'AuthAudit.sourceBlocked', 'AuthAudit.blocked']),
    )
    expect(JSON.stringify([edge.audits, edge.lines])).not.toMatch(/not-the-token|i-chose-myself/)
  })

  it('cannot be dodged by headers that claim other addresses', async () => {
    const edge = await startEdge({ auth: { mode: 'token', token: CHOSEN, rateLimit: { maxAttempts: 3 } } })
    const guess = (index: number) =>
      ask(edge.port, '/api/status', {
        headers: { Authorization: 'Bearer wrong', 'X-Forwarded-For': `9.9.9.${index}`, 'X-Real-IP': `9.9.9.${index}` },
      })
    const statuses = []
    for (let index = 0; index < 4; index++) statuses.push((await guess(index)).status)
    expect(statuses).toEqual([401, 401, 401, 429])
  })

  it('counts each visitor of a trusted proxy by itself', async () => {
    const edge = await startEdge({ auth: { mode: 'token', token: CHOSEN, rateLimit: { maxAttempts: 1 } }, trustedProxies: ['127.0.0.1'] })
    const from = (address: string, token: string) =>
      ask(edge.port, '/api/status', { headers: { Authorization: `Bearer ${token}`, 'X-Forwarded-For': address } })
    expect((await from('9.9.9.1', 'wrong')).status).toBe(401)
    expect((await from('9.9.9.1', CHOSEN)).status).toBe(429)
    expect((await from('9.9.9.2', CHOSEN)).status).toBe(200)
  })
})

describe('forwarded headers', () => {
  it('of a peer that is not trusted are ignored, and said once with the line to add', async () => {
    const edge = await startEdge()
    const headers = { 'X-Forwarded-For': '1.2.3.4', 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'evil.example' }
    await ask(edge.port, '/api/status', { headers })
    await ask(edge.port, '/api/status', { headers })
    expect(edge.handed.at(-1)?.exchange).toMatchObject({
      client: '127.0.0.1',
      proto: 'http',
      proxied: true,
      host: `127.0.0.1:${edge.port}`,
    })
    const said = edge.lines.filter(({ message }) => message.includes('trustedProxies'))
    expect(said).toHaveLength(1)
    expect(said[0]?.fields).toMatchObject({ peer: '127.0.0.1', fix: `xopc config set 'gateway.trustedProxies=["127.0.0.1"]'` })
  })

  it('of a trusted peer count, and broken ones are 400', async () => {
    const edge = await startEdge({ trustedProxies: ['127.0.0.1'] })
    await ask(edge.port, '/api/status', {
      headers: { 'X-Forwarded-For': '6.6.6.6, 1.2.3.4', 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'a.example' },
    })
    expect(edge.handed.at(-1)?.exchange).toMatchObject({ client: '1.2.3.4', proto: 'https', host: 'a.example' })
    const reply = await ask(edge.port, '/api/status', { headers: { 'X-Forwarded-For': 'batman' } })
    expect([reply.status, code(reply)]).toEqual([400, 'FORWARDED_INVALID'])
  })
})

describe('auth mode none', () => {
  it('lets programs on this computer in, and nobody who came another way', async () => {
    const edge = await startEdge({ auth: { mode: 'none' }, upstream: { url: app.url } })
    const status = async (headers: Record<string, string>, method = 'GET') =>
      (await ask(edge.port, '/headers', { bare: true, headers, method })).status
    expect(await status({})).toBe(200)
    expect(await status({ 'X-Forwarded-For': '127.0.0.1' })).toBe(403)
    expect(await status({ Via: '1.1 proxy' })).toBe(403)
    expect(await status({ Forwarded: 'for=127.0.0.1' })).toBe(403)
    expect(await status(at('evil.example'))).toBe(403)
    expect(await status({ Origin: 'https://evil.example' }, 'POST')).toBe(403)
    expect((await ask(edge.port, '/xopc/api/config', { bare: true })).body).toContain('["read","run"]')
  })
})

describe('with an app behind the gateway', () => {
  it('no worker gets anything under /xopc/', async () => {
    const worker = { 'Service-Worker': 'script' }
    expect(code(await ask(fronted.port, '/xopc/sw.js', { headers: worker }))).toBe('SERVICE_WORKER_REFUSED')
    expect((await ask(fronted.port, '/sw.js', { headers: worker })).status).toBe(404)
  })

  it('only our paths are ours', async () => {
    expect((await ask(fronted.port, '/api/status')).body).toBe('no such page in the app')
    expect(JSON.parse((await ask(fronted.port, '/xopc/api/status?a=1')).body)).toMatchObject({ url: '/api/status?a=1', principal: 'owner' })
    expect(JSON.parse((await ask(alone.port, '/')).body)).toMatchObject({ url: '/xopc/' })
  })
})

it('the page of publicUrl is ours, and came over https', async () => {
  const edge = await startEdge({ publicUrl: 'https://gateway.example' })
  await ask(edge.port, '/api/status', { headers: { ...at('gateway.example'), Origin: 'https://gateway.example' } })
  expect(edge.handed.at(-1)?.exchange).toMatchObject({ knownHost: true, proto: 'https', origin: 'https://gateway.example' })
})

it('connections that a credential opened end together, others stay', async () => {
  const edge = await startEdge({ upstream: { url: app.url } })
  const stream = ask(edge.port, '/events?count=0').catch((error: unknown) => String(error))
  await until(() => edge.streams.count() === 1)
  edge.connections.endProven(50)
  expect(await stream).toMatch(/aborted|hang up|RESET/)
})
