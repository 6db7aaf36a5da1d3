import { describe, expect, it } from 'vitest'
import type { LocalAddress } from '../../../src/lib/access/lan/addresses.ts'
import { lan } from '../../../src/lib/access/lan/method.ts'
import { proxy } from '../../../src/lib/access/proxy/method.ts'
import { type Config, defaultConfig } from '../../../src/lib/config/schema.ts'
import { overview, type OverviewFacts } from '../../../src/lib/core/overview.ts'
import { on } from './fake-method.ts'

const wifi: LocalAddress = { address: '192.168.1.20', interface: 'wlan0', kind: 'physical' }
const docker: LocalAddress = { address: '172.17.0.1', interface: 'docker0', kind: 'virtual' }
const rented: LocalAddress = { address: '203.0.114.9', interface: 'eth0', kind: 'physical' }

function configWith(gateway: Partial<Config['gateway']>, tunnel: Partial<Config['tunnel']> = {}): Config {
  const config = defaultConfig()
  return { gateway: { ...config.gateway, ...gateway }, tunnel: { ...config.tunnel, ...tunnel } }
}

function seen(config: Config, addresses: LocalAddress[] = [wifi, docker], over: Partial<OverviewFacts> = {}): OverviewFacts {
  const method = { definition: lan, facts: { addresses }, intended: lan.intended(config), state: { phase: 'off' as const } }
  return {
    gatewayId: 'g-1',
    config,
    methods: [method],
    computer: { user: 'ada', hostname: 'loft' },
    sshServer: { port: 22, listens: true },
    ...over,
  }
}

function named(code: string): OverviewFacts {
  const publicUrl = 'https://gateway.test'
  const error = { code, message: 'It does not lead here.' }
  const state = { phase: 'degraded' as const, urls: [publicUrl], error, next: 'Later.' }
  const config = configWith({ publicUrl })
  return seen(config, [], { methods: [{ definition: proxy, facts: {}, intended: true, state }] })
}

function withNone(config: Config): Config {
  return configWith({ ...config.gateway, auth: { ...config.gateway.auth, mode: 'none' } })
}

function proxied(gateway: Partial<Config['gateway']>, sharedSecret?: string): Config {
  const { auth } = defaultConfig().gateway
  const trustedProxy = { userHeader: 'x-forwarded-user', requiredHeaders: [], allowUsers: [], sharedSecret }
  return configWith({ ...gateway, auth: { ...auth, mode: 'trusted-proxy', trustedProxy } })
}

describe('the overview', () => {
  it('tells each method’s audience in words and its addresses with notes', () => {
    const [view] = overview(seen(configWith({}))).methods
    expect(view).toMatchObject({ id: 'lan', intended: false, audience: 'lan', audienceText: 'anyone on the same network' })
    expect(view?.candidates).toEqual([
      { url: 'http://192.168.1.20:18790', interface: 'wlan0', kind: 'physical', note: null },
      { url: 'http://172.17.0.1:18790', interface: 'docker0', kind: 'virtual', note: expect.stringContaining('docker0') },
    ])
  })

  it('names the port of ssh where it is another one', () => {
    const facts = seen(configWith({ port: 4000 }), undefined, { sshServer: { port: 2222, listens: false } })
    expect(overview(facts).ssh.command).toBe('ssh -N -L 4000:127.0.0.1:4000 -p 2222 ada@loft')
  })

  it('has the ssh line for this computer', () => {
    expect(overview(seen(configWith({ port: 4000 }))).ssh).toEqual({
      user: 'ada',
      hosts: ['loft', '192.168.1.20'],
      port: 4000,
      command: 'ssh -N -L 4000:127.0.0.1:4000 ada@loft',
      server: { port: 22, listens: true },
    })
  })

  it('says nothing of addresses it could not look at', () => {
    const facts = seen(configWith({}))
    const blind = { ...facts, methods: facts.methods.map((method) => ({ ...method, facts: null })) }
    expect(overview(blind)).toMatchObject({ methods: [{ candidates: [], audience: 'lan' }], recommended: null })
  })

  const recommended: [what: string, facts: OverviewFacts, id: 'lan' | null][] = [
    ['nothing is on', seen(configWith({})), 'lan'],
    ['there is no network', seen(configWith({}), []), null],
    ['there is no authentication', seen(withNone(configWith({}))), null],
    ['it is asked for already', seen(configWith({ bind: 'lan' })), null],
  ]
  it.each(recommended)('recommends where %s', (_what, facts, id) => {
    expect(overview(facts).recommended).toBe(id)
  })

  it('recommends nothing once something is on', () => {
    const facts = seen(configWith({ bind: 'lan' }))
    expect(overview({ ...facts, methods: facts.methods.map((method) => ({ ...method, state: on })) }).recommended).toBeNull()
  })
})

describe('conflicts', () => {
  const tailscale = { mode: 'serve' as const, resetOnExit: true, httpsPort: 443 }
  const cases: [what: string, facts: OverviewFacts, codes: string[]][] = [
    ['none', seen(configWith({ bind: 'lan' })), []],
    ['open without authentication', seen(withNone(configWith({ bind: 'lan' }))), ['EXPOSURE_NEEDS_AUTH']],
    ['none is fine on loopback', seen(withNone(configWith({}))), []],
    ['users by word of an address', seen(proxied({ trustedProxies: ['127.0.0.1'] })), ['TRUSTED_PROXY_UNPROVEN']],
    ['users by word of a socket', seen(proxied({ proxySocket: '/run/xopc/gateway.sock' })), []],
    ['users by word of an address with a secret', seen(proxied({ trustedProxies: ['127.0.0.1'] }, 'f00dfeed'.repeat(6))), []],
    ['both exposures', seen(configWith({ tailscale }, { autoStart: true })), ['EXPOSURE_CONFLICT']],
    ['one exposure', seen(configWith({ tailscale })), []],
    ['a public address', seen(configWith({ bind: '0.0.0.0' }), [wifi, rented]), ['LAN_IS_PUBLIC']],
    ['a public address that lan leaves out', seen(configWith({ bind: 'lan' }), [wifi, rented]), []],
    ['all of Docker trusted', seen(configWith({ trustedProxies: ['127.0.0.1', '172.16.0.0/12'] })), ['TRUSTED_PROXIES_WIDE']],
    [
      'a bridge trusted',
      seen(configWith({ trustedProxies: ['172.17.0.0/16', 'fd00::/32'] })),
      ['TRUSTED_PROXIES_WIDE', 'TRUSTED_PROXIES_WIDE'],
    ],
    ['a public URL that another gateway answers', named('WRONG_GATEWAY'), ['PUBLIC_URL_IS_ANOTHER']],
    ['a public URL that a web page answers', named('NOT_XOPC_GATEWAY'), ['PUBLIC_URL_IS_ANOTHER']],
    ['a public URL where nothing answers', named('DNS_OR_CONN_REFUSED'), []],
    [
      'a door that could not be opened',
      seen(configWith({}), [], { refused: [{ code: 'SOCKET_REFUSED', message: 'It lies in /tmp.' }] }),
      ['SOCKET_REFUSED'],
    ],
    ['small networks trusted', seen(configWith({ trustedProxies: ['10.0.0.0/24', 'fd00::/64', '::1'] })), []],
  ]
  it.each(cases)('%s', (_what, facts, codes) => {
    const found = overview(facts).conflicts
    expect(found.map(({ code }) => code)).toEqual(codes)
    for (const { message, fix } of found) expect([message, fix.title].every((text) => text.length > 5)).toBe(true)
  })
})
