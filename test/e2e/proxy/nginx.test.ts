import { beforeAll, describe, expect, it } from 'vitest'
import { type Certificate, createTestCa, type TestCa } from '../../support/certs.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { startSilent } from '../../support/misbehaving.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { startCaddy, startNginx } from '../../support/proxy-programs.ts'
import { verdictOf } from '../../support/verdict.ts'
import { expectFault, expectWorks, type Fault, NAME, nginxGood, nginxSite, testedBy } from './house.ts'

// One nginx, one server block per mistake that people make in it.

type Site = Partial<Pick<Parameters<typeof nginxSite>[0], 'with' | 'locations' | 'server'>>

needsPeer(['own-hosts', 'nginx', 'caddy-2.11'], 'a mistake in the configuration of nginx', (_, nginx, caddy) => {
  let ca: TestCa
  let certificate: Certificate
  let gateway: RunningGateway
  let other: RunningGateway
  /** Ports by title of the case. */
  const ports = new Map<string, number>()
  const urlOf = (title: string) => `https://${NAME}:${ports.get(title)}`

  const good = 'proxy_pass http://127.0.0.1:GATEWAY; ' + Object.values(nginxGood).join(' ')

  const buffered: Fault = { stage: 'sse', code: 'SSE_BUFFERED', by: 'nginx', says: 'nginx', write: 'proxy_buffering off;' }
  const mistakes: Record<string, Site & { fault: Fault }> = {
    'proxy_buffering left on': {
      with: { buffering: '' },
      fault: buffered,
    },
    'no Upgrade headers': {
      with: { upgrade: '' },
      fault: {
        stage: 'websocket',
        code: 'WEBSOCKET_BLOCKED',
        by: 'nginx',
        says: 'nginx',
        write: 'proxy_set_header Upgrade $http_upgrade;',
      },
    },
    'Upgrade without HTTP/1.1': {
      with: { version: '' },
      fault: { stage: 'websocket', code: 'WEBSOCKET_BLOCKED', by: 'nginx', write: 'proxy_http_version 1.1;' },
    },
    'Authorization taken out': {
      with: { authorization: 'proxy_set_header Authorization "";' },
      fault: {
        stage: 'auth',
        code: 'AUTHORIZATION_STRIPPED',
        by: 'nginx',
        says: 'Authorization',
        write: 'proxy_set_header Authorization $http_authorization;',
      },
    },
    'another Authorization in its place': {
      with: { authorization: 'proxy_set_header Authorization "Basic YWRtaW46YWRtaW4=";' },
      fault: { stage: 'auth', code: 'AUTHORIZATION_STRIPPED', by: 'nginx', write: 'proxy_set_header Authorization $http_authorization;' },
    },
    'no Host': {
      with: { host: '' },
      fault: {
        stage: 'identity',
        code: 'HOST_REWRITTEN',
        by: 'nginx',
        says: /127\.0\.0\.1:\d+/,
        write: 'proxy_set_header Host $http_host;',
      },
    },
    'another Host': {
      with: { host: 'proxy_set_header Host app.internal;' },
      fault: { stage: 'identity', code: 'HOST_REWRITTEN', by: 'nginx', says: 'app.internal', write: 'proxy_set_header Host $http_host;' },
    },
    'Host without its port, and no word of the proxy': {
      with: { host: 'proxy_set_header Host $host;', for: '', proto: '' },
      fault: { stage: 'identity', code: 'HOST_REWRITTEN', by: 'nginx', says: `for ${NAME}.`, write: 'proxy_set_header Host $http_host;' },
    },
    'a password of its own': {
      with: { more: 'auth_basic "Private"; auth_basic_user_file /dev/null;' },
      fault: { stage: 'http', code: 'AUTH_BLOCKED', by: 'nginx', says: 'basic authentication', write: 'auth_basic off;' },
    },
    'a password of its own, but not for /health': {
      locations: `location / { ${good} auth_basic "Private"; auth_basic_user_file /dev/null; } location = /health { ${good} }`,
      fault: { stage: 'http', code: 'AUTH_BLOCKED', by: 'nginx', says: '/api/tunnel/pair/ping', write: 'auth_basic off;' },
    },
    'addresses that are denied': {
      with: { more: 'deny all;' },
      fault: { stage: 'http', code: 'AUTH_BLOCKED', by: 'nginx', says: '403' },
    },
    'the wrong port of the gateway': {
      locations: 'location / { proxy_pass http://127.0.0.1:CLOSED; }',
      fault: {
        stage: 'http',
        code: 'HTTP_ERROR',
        by: 'nginx',
        says: 'does not reach the gateway (502)',
        write: `xopc proxy template nginx --domain ${NAME}`,
      },
    },
    'a gateway that accepts and says nothing': {
      locations: 'location / { proxy_pass http://127.0.0.1:SILENT; proxy_read_timeout 1s; }',
      fault: { stage: 'http', code: 'HTTP_ERROR', by: 'nginx', says: '504', write: `xopc proxy template nginx --domain ${NAME}` },
    },
    'only /health and ping passed on': {
      locations: `location / { return 404; } location = /health { ${good} } location = /api/tunnel/pair/ping { ${good} }`,
      fault: {
        stage: 'identity',
        code: 'HTTP_ERROR',
        by: 'nginx',
        says: /does not pass .*challenge/,
        write: `xopc proxy template nginx --domain ${NAME}`,
      },
    },
    'POST refused': {
      with: { more: 'limit_except GET { deny all; }' },
      fault: { stage: 'identity', code: 'HTTP_ERROR', by: 'nginx', says: 'POST', write: 'limit_except' },
    },
    'a plain page': {
      locations: 'location / { default_type text/html; return 200 "<h1>It works</h1>"; }',
      fault: {
        stage: 'http',
        code: 'NOT_XOPC_GATEWAY',
        by: 'nginx',
        says: 'a web page',
        write: `xopc proxy template nginx --domain ${NAME}`,
      },
    },
    'JSON of another app': {
      locations: 'location / { default_type application/json; return 200 "{\\"ok\\":true}"; }',
      fault: { stage: 'http', code: 'NOT_XOPC_GATEWAY', by: 'nginx', says: 'JSON' },
    },
    'a redirect to a login elsewhere': {
      locations: 'location / { return 302 https://login.other.test/sign-in?token=abc; }',
      fault: { stage: 'http', code: 'AUTH_BLOCKED', by: 'nginx', says: 'https://login.other.test' },
    },
    'a redirect to a login elsewhere for the API alone': {
      locations: `location / { ${good} } location /xopc/api/ { return 302 https://login.other.test/sign-in; }`,
      fault: { stage: 'auth', code: 'AUTH_BLOCKED', by: 'nginx', says: 'https://login.other.test' },
    },
    'redirects in a circle': {
      locations: 'location / { return 302 https://$http_host$request_uri; }',
      fault: { stage: 'http', code: 'HTTP_ERROR', by: 'nginx', says: 'redirect' },
    },
    'redirects without an end': {
      locations: 'location / { return 302 https://$http_host/x$request_uri; }',
      fault: { stage: 'http', code: 'HTTP_ERROR', by: 'nginx', says: 'redirect' },
    },
    'a cache for everything': {
      with: { buffering: '', more: 'proxy_cache xopc; proxy_cache_key $request_uri; proxy_cache_methods GET HEAD POST; CACHE' },
      fault: { stage: 'identity', code: 'WRONG_GATEWAY', by: 'nginx', says: 'recorded', write: 'proxy_cache off;' },
    },
    'a cache for GET': {
      with: { buffering: '', more: 'proxy_cache xopc; proxy_cache_key get$request_uri; CACHE' },
      fault: { stage: 'auth', code: 'HTTP_ERROR', by: 'nginx', says: 'cache', write: 'proxy_cache off;' },
    },
    'another gateway behind it': {
      locations: 'location / { proxy_pass http://127.0.0.1:OTHER; proxy_set_header Host $http_host; }',
      fault: { stage: 'identity', code: 'WRONG_GATEWAY', by: null, says: /Another xopc gateway .*not this one/ },
    },
    'another gateway behind it that does not know the name': {
      locations: 'location / { proxy_pass http://127.0.0.1:STRANGER; proxy_set_header Host $http_host; }',
      fault: { stage: 'identity', code: 'WRONG_GATEWAY', by: null, says: /^Another xopc gateway/, write: 'xopc gateway status' },
    },
    'another gateway between, to which this one is the app': {
      locations: 'location / { proxy_pass http://127.0.0.1:BETWEEN; proxy_set_header Host $http_host; }',
      fault: { stage: 'identity', code: 'WRONG_GATEWAY', by: null, says: /^Another xopc gateway/, write: 'xopc gateway status' },
    },
    'a certificate asked of the client': {
      server: 'ssl_client_certificate CAFILE; ssl_verify_client on;',
      fault: { stage: 'http', code: 'AUTH_BLOCKED', by: 'nginx', says: 'a certificate of the client', write: 'ssl_verify_client off;' },
    },
  }

  /** What works and falls short. */
  const shortcomings: Record<string, Site & { warnings: Parameters<typeof expectWorks>[1] }> = {
    'nothing wrong': { warnings: [] },
    'Host without its port': { with: { host: 'proxy_set_header Host $host;' }, warnings: [['headers', 'HOST_REWRITTEN']] },
    'a login page in place of each refusal': {
      with: { more: `proxy_intercept_errors on; error_page 401 421 =200 /login;` },
      server: `location = /login { internal; default_type text/html; return 200 '<form><input type="password" name=word></form>'; }`,
      warnings: [['auth', 'AUTH_BLOCKED']],
    },
    'no X-Forwarded-Proto': { with: { proto: '' }, warnings: [['headers', undefined]] },
    'no X-Forwarded-For': { with: { for: '' }, warnings: [['headers', undefined]] },
    'redirects within the address': {
      locations: `location / { ${good} } location = /health { return 302 https://$http_host/once; } location = /once { return 302 /xopc/api/health; }`,
      warnings: [],
    },
  }

  beforeAll(async () => {
    ca = await createTestCa()
    certificate = await ca.leaf([NAME])
    gateway = await startGateway({ hosts: { [NAME]: '127.0.0.1' }, env: ca.env })
    for (const title of ['unnamed', ...Object.keys({ ...mistakes, ...shortcomings })]) ports.set(title, await freePort())
    // The other gateway knows the name as its own.
    other = await startGateway({ config: { gateway: { publicUrl: urlOf('another gateway behind it') } } })
    await startNginx(nginx, { config: await config(), port: ports.get('nothing wrong') ?? 0 })
  })

  async function config(): Promise<string> {
    const silent = (await startSilent()).port
    const sites = Object.entries({ ...mistakes, ...shortcomings }).map(([title, site]) =>
      nginxSite({ port: ports.get(title) ?? 0, certificate, to: gateway.port, ...site }),
    )
    const cache = 'proxy_ignore_headers Cache-Control Expires Set-Cookie Vary; proxy_cache_valid any 1m;'
    const stranger = await startGateway()
    const between = await startGateway({ config: { gateway: { upstream: { url: gateway.url } } } })
    const others = { OTHER: other.port, STRANGER: stranger.port, BETWEEN: between.port }
    const words = { ...others, GATEWAY: gateway.port, SILENT: silent, CLOSED: await freePort(), CACHE: cache, CAFILE: ca.caFile }
    const text = `proxy_cache_path cache keys_zone=xopc:1m;\n${sites.join('')}`
    return Object.entries(words).reduce((done, [word, value]) => done.replaceAll(word, String(value)), text)
  }

  it.concurrent.each(Object.entries(mistakes))('%s', async (title, { fault }) => {
    // What a cache holds is there from the second time on.
    if (title.startsWith('a cache')) await verdictOf(gateway, urlOf(title))
    expectFault(await verdictOf(gateway, urlOf(title)), fault)
  })

  it.concurrent.each(Object.entries(shortcomings))('works with %s', async (title, { warnings }) => {
    expectWorks(await verdictOf(gateway, urlOf(title)), warnings)
  })

  it('is told by the command, which then exits with 1', async () => {
    const { verdict, code } = await testedBy(gateway, [urlOf('proxy_buffering left on')])
    expect(code).toBe(1)
    expectFault(verdict, buffered)
  })

  describe('with its name taken out of every answer', () => {
    /** Caddy in front, which takes out what nginx and itself would say of themselves. */
    async function unnamed(title: string): Promise<string> {
      const port = await freePort()
      const relay = `reverse_proxy https://127.0.0.1:${ports.get(title)} {
        flush_interval -1
        header_up Host {hostport}
        transport http {
          tls_insecure_skip_verify
        }
      }`
      const quiet = 'header {\n  -Server\n  -Via\n  defer\n}'
      const site = `https://${NAME}:${port} {\n tls ${certificate.certFile} ${certificate.keyFile}\n ${quiet}\n ${relay}\n}`
      await startCaddy(caddy, { config: site, port })
      return `https://${NAME}:${port}`
    }

    it('buffering is still found, and the culprit said to be unknown', async () => {
      const verdict = await verdictOf(gateway, await unnamed('proxy_buffering left on'))
      expectFault(verdict, { stage: 'sse', code: 'SSE_BUFFERED', by: null, says: /unknown/i, write: /nginx:\s+proxy_buffering off;/ })
      expect(JSON.stringify(verdict.stages)).not.toMatch(/"program":"/)
    })

    it('it works where nothing is wrong', async () => {
      expectWorks(await verdictOf(gateway, await unnamed('nothing wrong')))
    })
  })
})
