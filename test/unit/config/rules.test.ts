import { describe, expect, it } from 'vitest'
import { type Surroundings, judge } from '../../../src/lib/config/judge.ts'

const good = 'k3v0Qz8mTr5xWb1n'
const other = 'Yh7dPa2cLs9fGu4e'
const here: Surroundings = { env: {}, overrides: {}, ownHosts: ['127.0.0.1', '192.168.1.5', 'fd00::5', 'box.local'] }

/** Problems of a file, `code path` each; a warning starts with `warning`. */
function problems(text: string, around: Partial<Surroundings> = {}): string[] {
  return judge(text, { ...here, ...around }).problems.map(
    ({ code, path, severity }) => `${severity === 'warning' ? 'warning ' : ''}${code} ${path}`,
  )
}

const gateway = (inner: string): string => `{ gateway: { ${inner} } }`
const auth = (inner: string): string => gateway(`auth: { ${inner} }`)
const token = 'gateway.auth.token'
const password = 'gateway.auth.password'
const mode = 'gateway.auth.mode'
const proxy = 'gateway.auth.trustedProxy'
const shared = `${proxy}.sharedSecret`
const jwt = "jwt: { jwksUrl: 'https://idp.example/keys', issuer: 'https://idp.example', audience: 'xopc' }"
const later = (...keys: string[]): string[] => keys.map((key) => `NOT_IN_THIS_VERSION ${key}`)

describe('the header in which a proxy names the user', () => {
  const named = (name: string): string[] => problems(auth(`trustedProxy: { userHeader: '${name}' }`))

  it.each(['X-Forwarded-User', 'Remote-User', 'X-Auth-Request-Email', 'X-Corp-User', 'Tailscale-User-Login', 'X-authentik-username'])(
    'may be %s',
    (name) => {
      expect(named(name)).toEqual([])
    },
  )

  it.each(
    `Authorization Cookie Host Connection X-Xopc-User X-XOPC-Proxy-Secret X-Xopc-Token X-Api-Key Forwarded X-Forwarded-For X-Forwarded-Proto
    X-Forwarded-Host Via X-Real-IP Transfer-Encoding Content-Length Content-Type Upgrade Origin Referer TE Trailer Keep-Alive Proxy-Connection
    Expect User-Agent Accept Sec-Fetch-Site Sec-WebSocket-Key If-Match Range Access-Control-Request-Method`.split(/\s+/),
  )('is none of those with a meaning of their own: %s', (name) => {
    expect(named(name)).toEqual([`TRUSTED_PROXY_HEADER_TAKEN ${proxy}.userHeader`])
  })
})

describe('what a file may say', () => {
  it.each([
    ['nothing', '{}'],
    ['a long token', auth(`token: '${good}'`)],
    ['a short password on this computer alone', auth("password: 'geheim'")],
    ['a long password on the network', gateway("bind: 'lan', auth: { password: 'twelve chars' }")],
    ['none on this computer alone', auth("mode: 'none'")],
    ['none with a loopback literal', gateway("bind: '127.0.0.1', auth: { mode: 'none' }")],
    ['both secrets with a written mode', auth(`mode: 'password', token: '${good}', password: 'geheim'`)],
    [
      'sign-in by a proxy with a secret',
      gateway(`trustedProxies: ['127.0.0.1'], auth: { mode: 'trusted-proxy', trustedProxy: { sharedSecret: '${other}' } }`),
    ],
    ['sign-in by a proxy on a socket alone', gateway("proxySocket: '/run/x.sock', auth: { mode: 'trusted-proxy' }")],
    ['signed identities that no mode asks for', auth(`trustedProxy: { ${jwt} }`)],
    ['a public URL', gateway("publicUrl: 'https://gateway.example.com'")],
    ['bind to an address', gateway("bind: '192.168.1.5'")],
    ['bind to the wildcard', gateway("bind: '::'")],
    ['an app on this computer', gateway("upstream: { url: 'http://127.0.0.1:3000' }")],
    ['an app on the same port elsewhere', gateway("bind: 'lan', upstream: { url: 'http://192.168.1.9:18790' }")],
    ['origins', gateway("corsOrigins: ['https://app.example.com', 'http://localhost:5173']")],
    ['one proxy', gateway("trustedProxies: ['127.0.0.1', '::1', '10.0.0.0/24']")],
    ['the settings of later methods, as they are by default', "{ gateway: { tailscale: { mode: 'off' } }, tunnel: { enabled: false } }"],
  ])('%s', (_name, text) => {
    expect(problems(text)).toEqual([])
  })
})

describe('what a file may not say', () => {
  it.each<[name: string, text: string, expected: string[]]>([
    ['a short token', auth("token: 'fifteen chars..'"), [`SECRET_WEAK ${token}`]],
    ['a well-known token', auth("token: 'change-me-to-a-long-random-token'"), [`SECRET_WEAK ${token}`]],
    ['a well-known token in capitals', auth("token: 'Your-Secret-Token-Here'"), [`SECRET_WEAK ${token}`]],
    ['one repeated character', auth(`token: '${'a'.repeat(40)}'`), [`SECRET_WEAK ${token}`]],
    ['asterisks', auth("token: '****************'"), [`SECRET_MASKED ${token}`]],
    ['our mask', auth("token: '••••••••••••'"), [`SECRET_MASKED ${token}`]],
    ['<redacted>', auth("password: '<redacted>'"), [`SECRET_MASKED ${password}`]],
    ['a masked foreign secret', "{ tunnel: { registrationSecret: '***' } }", ['SECRET_MASKED tunnel.registrationSecret']],
    [
      'one secret for two purposes',
      `{ gateway: { auth: { token: '${good}' } }, tunnel: { registrationSecret: '${good}' } }`,
      ['SECRET_REUSED tunnel.registrationSecret'],
    ],
    [
      'the owner’s token sent to the app',
      gateway(`auth: { token: '${good}' }, upstream: { url: 'http://me:${good}@127.0.0.1:3000' }`),
      ['SECRET_REUSED gateway.upstream.url'],
    ],
    ['a short password on the network', gateway("bind: 'lan', auth: { password: 'geheim' }"), [`PASSWORD_TOO_SHORT ${password}`]],
    [
      'a short password behind a proxy',
      gateway("publicUrl: 'https://a.example', auth: { password: 'geheim' }"),
      [`PASSWORD_TOO_SHORT ${password}`],
    ],
    ['a well-known password on the network', gateway("bind: 'lan', auth: { password: 'password1234' }"), [`SECRET_WEAK ${password}`]],
    ['password mode without one', auth("mode: 'password'"), [`PASSWORD_MISSING ${mode}`]],
    ['both secrets without a mode', auth(`token: '${good}', password: 'geheim'`), [`AUTH_MODE_AMBIGUOUS ${password}`]],
    ['none on the network', gateway("bind: 'lan', auth: { mode: 'none' }"), [`AUTH_NONE_EXPOSED ${mode}`]],
    ['none on an address', gateway("bind: '192.168.1.5', auth: { mode: 'none' }"), [`AUTH_NONE_EXPOSED ${mode}`]],
    ['none with a public URL', gateway("publicUrl: 'https://a.example', auth: { mode: 'none' }"), [`AUTH_NONE_EXPOSED ${mode}`]],
    ['none with a proxy socket', gateway("proxySocket: '/run/x.sock', auth: { mode: 'none' }"), [`AUTH_NONE_EXPOSED ${mode}`]],
    ['none with the tunnel', "{ gateway: { auth: { mode: 'none' } }, tunnel: { enabled: true } }", [`AUTH_NONE_EXPOSED ${mode}`]],
    ['trusted-proxy without a proxy', auth("mode: 'trusted-proxy'"), [`TRUSTED_PROXY_NEEDS_PROXIES ${mode}`]],
    [
      'trusted-proxy without proof',
      gateway("trustedProxies: ['127.0.0.1'], auth: { mode: 'trusted-proxy' }"),
      [`warning TRUSTED_PROXY_UNPROVEN ${mode}`],
    ],
    [
      'trusted-proxy without proof, by address and by socket',
      gateway("trustedProxies: ['::1'], proxySocket: '/run/x.sock', auth: { mode: 'trusted-proxy' }"),
      [`warning TRUSTED_PROXY_UNPROVEN ${mode}`],
    ],
    [
      'trusted-proxy for everybody',
      gateway("trustedProxies: ['::/0'], auth: { mode: 'trusted-proxy' }"),
      ['PROXY_RANGE_TOO_WIDE gateway.trustedProxies.0'],
    ],
    [
      'trusted-proxy with signed identities',
      gateway(`proxySocket: '/run/x.sock', auth: { mode: 'trusted-proxy', trustedProxy: { ${jwt} } }`),
      later('gateway.auth.trustedProxy.jwt'),
    ],
    ['a shared secret that is the token', auth(`token: '${good}', trustedProxy: { sharedSecret: '${good}' }`), [`SECRET_REUSED ${shared}`]],
    ['a well-known shared secret', auth("trustedProxy: { sharedSecret: 'change-me-to-a-long-random-token' }"), [`SECRET_WEAK ${shared}`]],
    ['a shared secret of one character', auth("trustedProxy: { sharedSecret: 'aaaaaaaaaaaaaaaaaaaa' }"), [`SECRET_WEAK ${shared}`]],
    ['a masked shared secret', auth("trustedProxy: { sharedSecret: '••••••••••••' }"), [`SECRET_MASKED ${shared}`]],
    [
      'a shared secret with blanks',
      auth("trustedProxy: { sharedSecret: 'a secret with blanks' }"),
      [`TRUSTED_PROXY_SECRET_UNSENDABLE ${shared}`],
    ],
    [
      'a shared secret with umlauts',
      auth("trustedProxy: { sharedSecret: 'schlüsselschlüssel' }"),
      [`TRUSTED_PROXY_SECRET_UNSENDABLE ${shared}`],
    ],
    [
      'required headers with a meaning of their own',
      auth("trustedProxy: { requiredHeaders: ['X-Forwarded-Email', 'Forwarded', 'x-xopc-user'] }"),
      [`TRUSTED_PROXY_HEADER_TAKEN ${proxy}.requiredHeaders.1`, `TRUSTED_PROXY_HEADER_TAKEN ${proxy}.requiredHeaders.2`],
    ],
    ['a short shared secret', auth("trustedProxy: { sharedSecret: 'geheim' }"), [`SECRET_WEAK ${shared}`]],
    ['everybody as a proxy', gateway("trustedProxies: ['0.0.0.0/0']"), ['PROXY_RANGE_TOO_WIDE gateway.trustedProxies.0']],
    ['every container as a proxy', gateway("trustedProxies: ['172.16.0.0/12']"), ['warning PROXY_RANGE_WIDE gateway.trustedProxies.0']],
    ['Serve on the network', gateway("bind: 'lan', tailscale: { mode: 'serve' }"), ['SERVE_NEEDS_LOOPBACK gateway.tailscale.mode']],
    ['Funnel without a password', gateway("tailscale: { mode: 'funnel' }"), ['FUNNEL_NEEDS_PASSWORD gateway.tailscale.mode']],
    [
      'two exposures',
      "{ gateway: { tailscale: { mode: 'serve' } }, tunnel: { autoStart: true } }",
      ['warning EXPOSURE_CONFLICT gateway.tailscale.mode'],
    ],
    ['remote mode without a gateway', gateway("mode: 'remote'"), ['REMOTE_INCOMPLETE gateway.mode']],
    [
      'ssh without a target',
      gateway("mode: 'remote', remote: { url: 'http://127.0.0.1:18790', transport: 'ssh' }"),
      ['REMOTE_INCOMPLETE gateway.remote.transport'],
    ],
    ['an agent', gateway("agent: { url: 'http://127.0.0.1:11434/v1' }"), later('gateway.agent')],
    ['a link-local app', gateway("upstream: { url: 'http://169.254.169.254' }"), ['UPSTREAM_FORBIDDEN gateway.upstream.url']],
    ['the gateway as its own app', gateway("upstream: { url: 'http://localhost:18790' }"), ['UPSTREAM_IS_GATEWAY gateway.upstream.url']],
    [
      'the gateway as its own app, on another loopback address',
      gateway("port: 4000, upstream: { url: 'http://[::1]:4000' }"),
      ['UPSTREAM_IS_GATEWAY gateway.upstream.url'],
    ],
    [
      'the gateway as its own app, on the network',
      gateway("bind: 'lan', upstream: { url: 'http://192.168.1.5:18790' }"),
      ['UPSTREAM_IS_GATEWAY gateway.upstream.url'],
    ],
    [
      'the gateway as its own app, by name',
      gateway("bind: 'lan', upstream: { url: 'http://Box.local:18790' }"),
      ['UPSTREAM_IS_GATEWAY gateway.upstream.url'],
    ],
    [
      'the gateway as its own app, by socket',
      gateway("proxySocket: '/run/x.sock', upstream: { url: 'unix:/run/x.sock' }"),
      ['UPSTREAM_IS_GATEWAY gateway.upstream.url'],
    ],
    ['every origin', gateway("corsOrigins: ['*']"), ['CORS_ORIGIN_INVALID gateway.corsOrigins.0']],
    ['every origin under a name', gateway("corsOrigins: ['https://*.ts.net']"), ['CORS_ORIGIN_INVALID gateway.corsOrigins.0']],
    ['the null origin', gateway("corsOrigins: ['null']"), ['CORS_ORIGIN_INVALID gateway.corsOrigins.0']],
    ['an extension', gateway("corsOrigins: ['chrome-extension://abc']"), ['CORS_ORIGIN_INVALID gateway.corsOrigins.0']],
    [
      'a page instead of an origin',
      gateway("corsOrigins: ['https://app.example.com/page']"),
      ['CORS_ORIGIN_INVALID gateway.corsOrigins.0'],
    ],
    ['a public URL with a path', gateway("publicUrl: 'https://a.example/b'"), ['has_path gateway.publicUrl']],
    ['a relative proxy socket', gateway("proxySocket: 'x.sock'"), ['PROXY_SOCKET_INVALID gateway.proxySocket']],
    ['a multicast bind', gateway("bind: '224.0.0.1'"), ['CONFIG_WRONG_VALUE gateway.bind']],
    ['a bind in hexadecimal', gateway("bind: '0x7f.1'"), ['CONFIG_WRONG_VALUE gateway.bind']],
    ['a subdomain in capitals', "{ tunnel: { subdomain: 'ABCD' } }", ['CONFIG_WRONG_VALUE tunnel.subdomain']],
    [
      'an ssh target that is an option',
      gateway("remote: { url: 'http://a', sshTarget: '-oProxyCommand=x' }"),
      ['CONFIG_WRONG_VALUE gateway.remote.sshTarget'],
    ],
  ])('%s', (_name, text, expected) => {
    expect(problems(text)).toEqual(expected)
  })
})

describe('the effective configuration', () => {
  it('is what the rules are held against: a flag can break one that the file keeps', () => {
    expect(problems(auth("mode: 'none'"), { overrides: { bind: 'lan' } })).toEqual([`AUTH_NONE_EXPOSED ${mode}`])
  })

  it('is what the rules are held against: a flag can mend what the file breaks', () => {
    expect(problems(gateway("bind: 'lan', auth: { mode: 'none' }"), { overrides: { bind: 'loopback' } })).toEqual([])
  })

  it('takes a mode from the environment as written', () => {
    expect(problems(auth(`token: '${good}', password: 'geheim'`), { env: { XOPC_GATEWAY_AUTH_MODE: 'token' } })).toEqual([])
  })

  it('is the password mode where only a password is set', () => {
    expect(judge(auth("password: 'geheim'"), here).config?.gateway.auth.mode).toBe('password')
  })

  it('has the public URL in its plain form', () => {
    expect(judge(gateway("publicUrl: 'https://A.Example/'"), here).config?.gateway.publicUrl).toBe('https://a.example')
  })
})
