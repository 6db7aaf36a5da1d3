import { describe, expect, it } from 'vitest'
import { tempFolder } from '../../support/cleanup.ts'
import { ask, speak, startApp, startEdge, TOKEN } from './support.ts'

const app = await startApp()
const edge = await startEdge({ upstream: { url: app.url } })

interface Seen {
  method: string
  url: string
  headers: [string, string][]
  trailers: [string, string][]
}

async function seen(path: string, options: Parameters<typeof ask>[2], port: number | string = edge.port): Promise<Seen> {
  const { body, status } = await ask(port, path, options)
  expect(status).toBe(200)
  return JSON.parse(body) as Seen
}

const named = ({ headers }: Seen): Record<string, string> => Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]))
const bearer = `Authorization: Bearer ${TOKEN}`

describe('the way to the app', () => {
  it('passes a request and its answer', async () => {
    const reply = await ask(edge.port, '/')
    expect(reply).toMatchObject({ status: 200, body: 'hello from the app' })
  })

  it('passes any method, with and without a body', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
      expect(await seen('/headers?a=1&b=%2F..%20', { method })).toMatchObject({ method, url: '/headers?a=1&b=%2F..%20' })
      expect((await ask(edge.port, '/echo', { method, body: '{"not json', headers: { 'Content-Length': '10' } })).body).toBe('{"not json')
    }
    expect((await ask(edge.port, '/echo', { method: 'GET', body: 'a body on a GET', headers: { 'Content-Length': '15' } })).body).toBe(
      'a body on a GET',
    )
  })

  it('answers HEAD, 204 and 304 without a body, on a connection that goes on', async () => {
    const request = (line: string): string => `${line} HTTP/1.1\r\nHost: localhost\r\n${bearer}\r\n\r\n`
    const heard = await speak(
      edge.port,
      request('HEAD /json') + request('GET /status/204') + request('GET /status/304') + request('GET /'),
      'hello from the app',
    )
    expect(heard.match(/HTTP\/1\.1 (\d+)/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 204', 'HTTP/1.1 304', 'HTTP/1.1 200'])
  })

  it('says who asks, by which name and from where, and keeps the credential to itself', async () => {
    const got = await seen('/headers', { headers: { 'X-Own': 'kept' } })
    expect(named(got)).toMatchObject({
      'x-own': 'kept',
      'x-xopc-user': 'owner',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': `127.0.0.1:${edge.port}`,
      host: new URL(app.url).host,
    })
    expect(JSON.stringify(got)).not.toContain(TOKEN)
  })

  it.each([
    ['our own names', ['X-Xopc-User', 'root', 'x_xopc_user', 'root', 'X.Xopc.User', 'root']],
    [
      'forwarded headers',
      ['X-Forwarded-For', '6.6.6.6', 'X-Forwarded-User', 'root', 'Forwarded', 'for=6.6.6.6', 'X_Forwarded_For', '6.6.6.6'],
    ],
    ['addresses', ['X-Real-IP', '6.6.6.6', 'True-Client-IP', '6.6.6.6', 'CF-Connecting-IP', '6.6.6.6']],
    [
      'identity',
      [
        'Remote-User',
        'root',
        'REMOTE_USER',
        'root',
        'X-WebAuth-User',
        'root',
        'Tailscale-User-Login',
        'root',
        'Cf-Access-Jwt-Assertion',
        'root',
      ],
    ],
    ['what Connection names', ['Connection', 'close, X-Secret', 'X-Secret', 'root', 'X_Secret', 'root']],
    ['routes', ['X-Original-URL', '/root', 'X-Rewrite-URL', '/root']],
    ['hop by hop', ['TE', 'trailers, root', 'Proxy-Authorization', 'root', 'Keep-Alive', 'root=1']],
  ])('drops %s of the client', async (_, pairs) => {
    const got = await seen('/headers', { pairs: ['Host', 'localhost', 'Authorization', `Bearer ${TOKEN}`, ...pairs] })
    expect(JSON.stringify(got)).not.toMatch(/root|6\.6\.6\.6/)
    expect(named(got)).toMatchObject({ 'x-xopc-user': 'owner', 'x-forwarded-for': '127.0.0.1' })
  })

  it('cannot be talked out of what it says itself', async () => {
    const pairs = ['Host', 'localhost', 'Authorization', `Bearer ${TOKEN}`, 'Connection', 'X-Xopc-User, X-Forwarded-For, X-Forwarded-Host']
    expect(named(await seen('/headers', { pairs }))).toMatchObject({
      'x-xopc-user': 'owner',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'localhost',
    })
  })

  it('drops trailers in both directions', async () => {
    const body = '5\r\nhello\r\n0\r\nX-Xopc-User: root\r\nX-Other: root\r\n\r\n'
    const heard = await speak(
      edge.port,
      `POST /headers HTTP/1.1\r\nHost: localhost\r\n${bearer}\r\nTrailer: X-Xopc-User\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n${body}`,
    )
    expect(heard).toContain('"trailers":[]')
    expect(heard).not.toContain('root')
  })

  it('keeps our cookies back and passes the others as they are', async () => {
    const cookie = 'a=1; xopc_session=x; b="two; words"; __Host-xopc_session=y;c=3'
    const got = named(await seen('/headers', { headers: { Cookie: cookie } }))
    expect(got['cookie']).toBe('a=1; b="two; words";c=3')
    expect(named(await seen('/headers', { headers: { Cookie: 'xopc_session=x' } }))).not.toHaveProperty('cookie')
  })

  it('passes the headers of the app as they are, but for what would touch ours', async () => {
    const set = [
      'Set-Cookie:a=1; Path=/',
      'Set-Cookie:xopc_session=stolen',
      'Set-Cookie:__Host-xopc_session=stolen; Secure; Path=/',
      'Set-Cookie:b=2',
      'Service-Worker-Allowed:/',
      "Content-Security-Policy:default-src 'self'",
      'Access-Control-Allow-Origin:https://a.example',
      'X-Frame-Options:SAMEORIGIN',
      'Location:/elsewhere',
      'X-Latin:caf\u00e9',
    ]
    const reply = await ask(edge.port, `/status/302?${set.map((header) => `set=${encodeURIComponent(header)}`).join('&')}`)
    expect(reply.status).toBe(302)
    expect(reply.headers).toMatchObject({
      'set-cookie': ['a=1; Path=/', 'b=2'],
      'content-security-policy': "default-src 'self'",
      'access-control-allow-origin': 'https://a.example',
      'x-frame-options': 'SAMEORIGIN',
      location: '/elsewhere',
      'x-latin': 'caf\u00e9',
    })
    expect(reply.headers).not.toHaveProperty('service-worker-allowed')
    expect(reply.headers).not.toHaveProperty('x-xopc-api')
  })

  it('gives the app its own Authorization beside a session, and never ours', async () => {
    const { setCookie } = edge.sessions.create(`http://localhost:${edge.port}`, 'local')
    const headers = { Host: `localhost:${edge.port}`, Cookie: setCookie.split(';')[0] ?? '' }
    const withKey = named(await seen('/headers', { bare: true, headers: { ...headers, Authorization: 'Bearer key-of-the-app' } }))
    expect(withKey).toMatchObject({ authorization: 'Bearer key-of-the-app', 'x-xopc-user': 'owner' })
    expect(withKey).not.toHaveProperty('cookie')
    expect(
      named(await seen('/headers', { bare: true, headers: { ...headers, Authorization: 'Bearer xopc_dt_revoked' } })),
    ).not.toHaveProperty('authorization')
  })

  it('takes a ticket out of the URL', async () => {
    const { ticket } = edge.tickets.issue('events', { kind: 'owner', id: 'owner', scopes: new Set(['read', 'run']) })
    expect((await seen(`/headers?a=1&ticket=${ticket}&b=2`, { bare: true })).url).toBe('/headers?a=1&b=2')
    expect((await ask(edge.port, `/headers?ticket=${ticket}`, { bare: true })).status).toBe(401)
    const { ticket: other } = edge.tickets.issue('events', { kind: 'owner', id: 'owner', scopes: new Set(['read', 'run']) })
    const elsewhere = await ask(edge.port, `/headers?ticket=${other}`, { bare: true, headers: { Host: 'evil.example' } })
    expect(elsewhere, 'a ticket vouches for no name').toMatchObject({
      status: 421,
      body: expect.stringContaining('UNKNOWN_HOST') as unknown,
    })
  })

  it('sends the userinfo of the URL as Basic', async () => {
    const other = await startEdge({ upstream: { url: app.url.replace('http://', 'http://app:p%40ss@') } })
    const basic = `Basic ${Buffer.from('app:p@ss').toString('base64')}`
    expect(named(await seen('/headers', {}, other.port))['authorization']).toBe(basic)
  })

  it('reaches an app on a unix socket', async () => {
    const path = `${await tempFolder()}/app.sock`
    const onSocket = await startApp('--unix', path)
    const other = await startEdge({ upstream: { url: onSocket.url } })
    expect((await ask(other.port, '/')).body).toBe('hello from the app')
    expect(named(await seen('/headers', {}, other.port))['host']).toBe('localhost')
  })

  it('follows the configuration to another app', async () => {
    const second = await startApp()
    const other = await startEdge({ upstream: { url: app.url } })
    expect(named(await seen('/headers', {}, other.port))['host']).toBe(new URL(app.url).host)
    other.reconfigure({ auth: { mode: 'token', token: TOKEN }, upstream: { url: second.url } })
    expect(named(await seen('/headers', {}, other.port))['host']).toBe(new URL(second.url).host)
  })
})

describe('an app that fails', () => {
  it.each([
    ['/reset', 502, 'UPSTREAM_RESET'],
    ['/101', 502, 'UPSTREAM_ANSWER_INVALID'],
    ['/garbage', 502, 'UPSTREAM_ANSWER_INVALID'],
  ])('%s is %i %s', async (path, status, code) => {
    const reply = await ask(edge.port, path)
    expect([reply.status, JSON.parse(reply.body)]).toEqual([
      status,
      expect.objectContaining({ code, error: expect.any(String), hint: expect.any(String) }),
    ])
    expect((await ask(edge.port, '/')).status).toBe(200)
  })

  it.each(['body', 'chunk'])('in the middle of its answer (%s) cuts the connection, so that half does not look like all', async (after) => {
    await expect(ask(edge.port, `/reset?after=${after}`)).rejects.toThrow(/aborted|hang up|reset/)
  })

  it('that is not there is 502 UPSTREAM_DOWN, without its password', async () => {
    const other = await startEdge({ upstream: { url: 'http://user:secret-word@127.0.0.1:1' } })
    const reply = await ask(other.port, '/')
    expect(reply.status).toBe(502)
    expect(JSON.parse(reply.body)).toMatchObject({ code: 'UPSTREAM_DOWN' })
    expect(reply.body).not.toContain('secret-word')
    expect((await ask(other.port, '/health')).status).toBe(200)
  })

  it('answers an upload early without reading it: the client gets the answer', async () => {
    const reply = await ask(edge.port, '/early', { method: 'POST', body: 'x'.repeat(3_000_000) }).catch((error: unknown) => String(error))
    // Whether the answer or the end of the connection is seen first is up to the client's system; it never hangs.
    expect(typeof reply === 'string' ? reply : reply.status).toSatisfy(
      (got: unknown) => got === 413 || /EPIPE|ECONNRESET|hang up/.test(String(got)),
    )
    expect((await ask(edge.port, '/')).status).toBe(200)
  })
})
