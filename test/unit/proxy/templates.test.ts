import { describe, expect, it } from 'vitest'
import { templateFor } from '../../../src/lib/access/proxy/templates/template.ts'
import { proxyPrograms } from '../../../src/lib/protocol/http-api.ts'

const port = 18790

describe('the host name of a template', () => {
  it.each([
    ['gateway.example.com', 'gateway.example.com'],
    ['Gateway.Example.COM', 'gateway.example.com'],
    ['a.b', 'a.b'],
    ['xn--mnchen-3ya.example', 'xn--mnchen-3ya.example'],
    ['my-gateway.test', 'my-gateway.test'],
    ['1.example', '1.example'],
    [`${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`],
    [`${'a.'.repeat(125)}aaa`, `${'a.'.repeat(125)}aaa`],
  ])('%s is taken', (domain, taken) => {
    for (const program of proxyPrograms) expect(templateFor(program, { domain, port }).domain).toBe(taken)
  })

  it.each([
    ['nothing', ''],
    ['one label', 'gateway'],
    ['a scheme', 'https://gateway.example.com'],
    ['a port', 'gateway.example.com:8443'],
    ['a path', 'gateway.example.com/'],
    ['a user', 'me@gateway.example.com'],
    ['a space', 'gateway.example.com evil.example'],
    ['a line break', 'gateway.example.com\nevil.example'],
    ['a trailing line break', 'gateway.example.com\n'],
    ['a semicolon', 'gateway.example.com;root/etc'],
    ['a brace', 'gateway.example.com{'],
    ['a closing brace', 'a.b}'],
    ['a quote', 'gateway"example.com'],
    ['a single quote', "gateway.example.com'"],
    ['a dollar', '$host.example.com'],
    ['a comment', 'gateway.example.com#'],
    ['a backslash', 'gateway\\.example.com'],
    ['a NUL', 'gateway.example.com\0'],
    ['an escape sequence', '\u001b[2Jgateway.example.com'],
    ['another writing', 'münchen.example'],
    ['a letter that looks like a dot', 'gateway。example'],
    ['a letter whose lower case is longer', 'İ.example'],
    ['a wildcard', '*.example.com'],
    ['an underscore', 'my_gateway.example.com'],
    ['two dots', 'gateway..example.com'],
    ['a dot at the end', 'gateway.example.com.'],
    ['a dot before', '.example.com'],
    ['a hyphen before', '-gateway.example.com'],
    ['a hyphen at the end', 'gateway.example-'],
    ['an IPv4 address', '192.168.1.5'],
    ['an IPv6 address', '[fd00::5]'],
    ['a label of 64', `${'a'.repeat(64)}.example`],
    ['254 characters', `${'a.'.repeat(125)}aaaa`],
  ])('with %s is refused', (_, domain) => {
    for (const program of proxyPrograms)
      expect(() => templateFor(program, { domain, port })).toThrow(expect.objectContaining({ code: 'invalid_domain', exit: 2 }))
  })

  it.each([
    ['home.example.net', 'home.example.net'],
    ['192.168.1.5', 'gateway.example.com'],
    ['[fd00::5]', 'gateway.example.com'],
    ['localhost', 'gateway.example.com'],
    [undefined, 'gateway.example.com'],
  ])('is that of the public URL, where a certificate can be had for it: %s', (publicHost, domain) => {
    expect(templateFor('caddy', { publicHost, port }).domain).toBe(domain)
    expect(templateFor('caddy', { publicHost, domain: 'a.example', port }).domain).toBe('a.example')
  })

  it('is quoted in the refusal without what a terminal obeys', () => {
    expect(() => templateFor('caddy', { domain: '\u001b[2Jevil\u202e', port })).toThrow(/^"evil" is not/)
  })
})

describe('every template', () => {
  it.each(proxyPrograms)('%s: leads the name to the port on loopback', (program) => {
    const { text, domain, gateway, file } = templateFor(program, { port: 4711 })
    expect({ domain, gateway }).toEqual({ domain: 'gateway.example.com', gateway: '127.0.0.1:4711' })
    expect(text).toContain('gateway.example.com')
    expect(text).toMatch(/\b127\.0\.0\.1:4711\b/)
    expect(text).toMatch(/^#.*\n/)
    expect(text.endsWith('\n') && !text.endsWith('\n\n')).toBe(true)
    expect(file).toMatch(/^\/etc\//)
  })

  it.each(proxyPrograms)('%s: ends with the test, the setting, and who is believed', (program) => {
    const { steps } = templateFor(program, { domain: 'a.example', port })
    expect(steps.map(({ command }) => command).slice(-3)).toEqual([
      'xopc proxy test https://a.example',
      'xopc proxy set https://a.example',
      `xopc config set 'gateway.trustedProxies=["127.0.0.1"]'`,
    ])
  })

  it.each([
    ['caddy', 'reverse_proxy unix//run/xopc/gateway.sock {'],
    ['nginx', 'proxy_pass http://unix:/run/xopc/gateway.sock;'],
    ['cloudflared', 'service: "unix:/run/xopc/gateway.sock"'],
  ] as const)('%s: comes by the socket where there is one, which needs no trust', (program, line) => {
    const { text, gateway, steps } = templateFor(program, { port, socket: '/run/xopc/gateway.sock' })
    expect(text).toContain(line)
    expect(text).not.toContain('127.0.0.1')
    expect(gateway).toBe('unix:/run/xopc/gateway.sock')
    expect(JSON.stringify(steps)).not.toContain('trustedProxies')
  })

  it.each(['/run/x opc/g.sock', '/run/x;y', '/run/x{y', '/run/x"y', '/run/$host', '/run/x:y', '/run/a\nb', '/run/a#b', '/run/é'])(
    'refuses a socket that would break out: %j',
    (socket) => {
      for (const program of proxyPrograms)
        expect(() => templateFor(program, { port, socket })).toThrow(expect.objectContaining({ code: 'PROXY_SOCKET_UNSAFE' }))
    },
  )
})

describe('the template for Cloudflare Tunnel', () => {
  const { text, steps } = templateFor('cloudflared', { port })

  it('has a tunnel id that nobody takes for one', () => {
    expect(text.match(/YOUR-TUNNEL-ID/g)?.length).toBeGreaterThanOrEqual(2)
  })

  it('warns of quick tunnels, which hold event streams back', () => {
    expect(steps.find(({ title }) => title.includes('quick tunnel'))?.title).toContain('event streams')
  })
})
