import { describe, expect, it } from 'vitest'
import { aimAt } from '../../../src/lib/probe/aim.ts'
import { obstacleIn, refusedByGateway } from '../../../src/lib/probe/obstacles.ts'
import { culpritByHints, culpritOf } from '../../../src/lib/probe/signatures.ts'
import { wallIn } from '../../../src/lib/probe/walls.ts'
import { json, refusalOf, reply } from './replies.ts'

const aim = aimAt('https://gateway.example.com')

describe('a program is known by what its reply carries', () => {
  it.each<[headers: Record<string, string>, program: string, evidence: string]>([
    [{ Server: 'nginx/1.22.1' }, 'nginx', 'Server: nginx/1.22.1'],
    [{ Server: 'openresty' }, 'nginx', 'Server: openresty'],
    [{ Server: 'Caddy' }, 'Caddy', 'Server: Caddy'],
    [{ Via: '1.1 Caddy' }, 'Caddy', 'Via: 1.1 Caddy'],
    [{ Server: 'Apache/2.4.57 (Debian)' }, 'Apache', 'Server: Apache/2.4.57 (Debian)'],
    [{ Server: 'envoy' }, 'Envoy', 'Server: envoy'],
    [{ 'X-Envoy-Upstream-Service-Time': '3' }, 'Envoy', 'X-Envoy-Upstream-Service-Time: 3'],
    [{ Server: 'cloudflare', 'CF-RAY': '8f2-AMS' }, 'Cloudflare', 'Server: cloudflare'],
    [{ 'CF-RAY': '8f2-AMS' }, 'Cloudflare', 'CF-RAY: 8f2-AMS'],
    [{ 'X-Served-By': 'cache-ams21028-AMS' }, 'Fastly', 'X-Served-By: cache-ams21028-AMS'],
    [{ Via: '1.1 abc.cloudfront.net (CloudFront)' }, 'CloudFront', 'Via: 1.1 abc.cloudfront.net (CloudFront)'],
    [{ Via: '1.1 varnish' }, 'Varnish', 'Via: 1.1 varnish'],
    [{ Server: 'AkamaiGHost' }, 'Akamai', 'Server: AkamaiGHost'],
    [{ Server: 'Fly/abc (2026-11-01)' }, 'Fly.io', 'Server: Fly/abc (2026-11-01)'],
    [{ Server: 'awselb/2.0' }, 'AWS load balancer', 'Server: awselb/2.0'],
    [{ Server: 'cloudflare', Via: '1.1 Caddy' }, 'Caddy', 'Via: 1.1 Caddy'],
  ])('%o is %s', (headers, program, evidence) => {
    expect(culpritOf(reply(200, headers))).toEqual({ program, evidence })
  })

  it.each<[what: string, headers: Record<string, string>, body: string]>([
    ['nothing', {}, ''],
    ['a name of its own', { Server: 'my-nginx-like-thing' }, 'nginx'],
    ['an advertisement of another protocol', { 'Alt-Svc': 'h3=":443"' }, ''],
    ['a page that talks of a program', {}, 'Cloudflare and frp and Caddy are programs'],
  ])('%s tells nobody', (_, headers, body) => {
    expect(culpritOf(reply(200, headers, body))).toEqual({ program: null, evidence: null })
  })

  it.each<[program: string, body: string]>([
    ['nginx', '<hr><center>nginx</center>'],
    ['HAProxy', '<h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n'],
    ['frp', '<p>The page you requested was not found.</p><p><em>Faithfully yours, frp.</em></p>'],
    ['Apache', '<address>Apache/2.4.57 (Debian) Server at gateway.example.com Port 443</address>'],
  ])('%s is known by its error page, of which nothing is shown', (program, body) => {
    expect(culpritOf(reply(502, { 'Content-Type': 'text/html' }, body))).toEqual({ program, evidence: 'the wording of its error page' })
  })

  it('shows no more of a header than a line of it, cleaned', () => {
    const { evidence } = culpritOf(reply(200, { Server: `nginx \u001b[31m\u202e${'x'.repeat(500)}` }))
    expect(evidence?.length).toBeLessThan(100)
    expect(evidence).not.toContain('\u001b')
    expect(evidence).not.toContain('\u202e')
  })
})

describe('a program is known by what it adds to requests', () => {
  it.each<[hints: string[], program: string | null]>([
    [['cf-ray', 'cf-connecting-ip'], 'Cloudflare'],
    [['tailscale-user-login'], 'Tailscale'],
    [['fly-client-ip'], 'Fly.io'],
    [['x-amzn-trace-id'], 'AWS load balancer'],
    [['x-forwarded-server'], 'Apache'],
    [['x-forwarded-server', 'x-forwarded-port'], 'Traefik'],
    [['x-forwarded-port'], null],
    [[], null],
  ])('%j is %s', (hints, program) => {
    expect(culpritByHints(hints).program).toBe(program)
  })
})

describe('a sign-in in front is named', () => {
  it.each<[program: string, status: number, headers: Record<string, string>]>([
    ['Cloudflare Access', 302, { Location: 'https://team.cloudflareaccess.com/cdn-cgi/access/login/x?kid=SECRET' }],
    ['Cloudflare Access', 401, { 'WWW-Authenticate': 'Cloudflare-Access' }],
    ['oauth2-proxy', 302, { Location: '/oauth2/start?rd=%2Fhealth' }],
    ['oauth2-proxy', 403, { 'Set-Cookie': '_oauth2_proxy_csrf=SECRET; Path=/' }],
    ['Authelia', 302, { Location: 'https://auth.example.com/?rd=https%3A%2F%2Fx%2F&rm=GET' }],
    ['authentik', 302, { Location: 'https://x.example.com/outpost.goauthentik.io/start?rd=SECRET' }],
    ['Pomerium', 302, { Location: 'https://authenticate.example.com/.pomerium/sign_in?x=SECRET' }],
    ['Keycloak', 302, { Location: 'https://id.example.com/realms/home/protocol/openid-connect/auth?state=SECRET' }],
    ['Microsoft', 302, { Location: 'https://login.microsoftonline.com/t/oauth2?state=SECRET' }],
    ['Google IAP', 401, { 'X-Goog-IAP-Generated-Response': 'true' }],
  ])('%s', (program, status, headers) => {
    const wall = wallIn(reply(status, headers))
    expect(wall).toMatchObject({ name: program, culprit: { program } })
    const judged = obstacleIn(reply(status, headers), '/health', aim)
    expect(judged).toMatchObject({ status: 'fail', code: 'AUTH_BLOCKED', culprit: { program } })
    expect(JSON.stringify(judged)).not.toContain('SECRET')
  })

  it('a page with a password field is one, whatever its status', () => {
    const page = reply(200, { 'Content-Type': 'text/html' }, `<form><input id="p" type='password'></form>`)
    expect(obstacleIn(page, '/health', aim)).toMatchObject({ code: 'AUTH_BLOCKED', detail: 'A sign-in page stands in front of /health.' })
  })
})

describe('what a reply says of the way', () => {
  it.each<[what: string, given: ReturnType<typeof reply>, code: string | null, says: RegExp]>([
    ['200', json(200, { status: 'ok' }), null, /^$/],
    ['401 of the gateway', refusalOf(401, 'missing_token'), null, /^$/],
    ['401 of a service in our form', json(401, { error: 'no', code: 'x' }), 'AUTH_BLOCKED', /asks for a sign-in/],
    ['403', reply(403, { Server: 'cloudflare' }), 'AUTH_BLOCKED', /Cloudflare refuses \/health \(403\)/],
    ['404', reply(404), null, /^$/],
    ['429', reply(429), 'HTTP_ERROR', /status 429/],
    ['500', reply(500), 'HTTP_ERROR', /status 500/],
    ['502', reply(502, { Server: 'Caddy' }), 'HTTP_ERROR', /^Caddy answers, but does not reach the gateway \(502\)\.$/],
    ['530', reply(530), 'HTTP_ERROR', /^Cloudflare answers, but does not reach the gateway \(530\)\.$/],
    ['304', reply(304), 'HTTP_ERROR', /answers with status 304/],
    ['a redirect to javascript:', reply(302, { Location: 'javascript:alert(1)' }), 'HTTP_ERROR', /answers with status 302/],
    ['a redirect within', reply(301, { Location: '/login' }), 'HTTP_ERROR', /redirects to another path/],
    [
      'a redirect elsewhere',
      reply(302, { Location: 'https://evil.example/?t=SECRET' }),
      'AUTH_BLOCKED',
      /leads away to https:\/\/evil\.example, /,
    ],
    [
      'a redirect to http',
      reply(302, { Location: 'http://gateway.example.com/' }),
      'AUTH_BLOCKED',
      /leads away to http:\/\/gateway\.example\.com/,
    ],
  ])('%s', (_, given, code, says) => {
    const judged = obstacleIn(given, '/health', aim)
    expect(judged?.code ?? null).toBe(code)
    expect(judged?.detail ?? '').toMatch(says)
    expect(JSON.stringify(judged)).not.toContain('SECRET')
  })

  it('writes no name into a line to copy that a shell could run', () => {
    const odd = aimAt('http://a$(reboot).localhost')
    const judged = obstacleIn(reply(301, { Location: 'https://a$(reboot).localhost/' }), '/health', odd)
    expect(judged).toMatchObject({ fix: { command: 'xopc proxy test https://gateway.example.com' } })
  })
})

describe('an error of a gateway', () => {
  const marked = { 'X-Xopc-Api': '1' }

  it('is told by its code where the code is one of ours', () => {
    expect(refusedByGateway(aim, '/health', refusalOf(503, 'GATEWAY_STOPPING'))).toMatchObject({
      code: 'HTTP_ERROR',
      detail: 'An xopc gateway answers /health with the error GATEWAY_STOPPING.',
    })
  })

  it.each([
    ['a code that no gateway has', json(400, { error: 'no', code: 'SOMEBODYS_SECRET' }, marked)],
    ['a code of ours without the mark of a gateway', json(503, { error: 'no', code: 'GATEWAY_STOPPING' })],
  ])('is not %s', (_, given) => {
    expect(refusedByGateway(aim, '/health', given)).toBeNull()
    expect(JSON.stringify(obstacleIn(given, '/health', aim))).not.toContain('SOMEBODYS_SECRET')
  })
})
