import { parse } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { frpcArgs, frpcConfig, type FrpcFacts } from '../../../src/lib/binaries/frpc-config.ts'
import { frpcEnvironment } from '../../../src/lib/binaries/frpc-environment.ts'
import { systemAuthorities } from '../../../src/lib/system/trust.ts'

const facts: FrpcFacts = {
  serverAddr: 'frp.example.com',
  serverPort: 7000,
  token: 'token-of-the-lease',
  proxyName: 'gw-1',
  subdomain: 'abcd1234',
  unixPath: '/run/gw.sock',
  tls: { caFile: '/run/ca.pem' },
}

describe('frpc.toml', () => {
  it('leads one name to one socket, with TLS that is checked', () => {
    expect(parse(frpcConfig(facts))).toEqual({
      serverAddr: 'frp.example.com',
      serverPort: 7000,
      loginFailExit: true,
      metadatas: { token: 'token-of-the-lease' },
      log: { to: 'console', level: 'info', disablePrintColor: true },
      transport: {
        protocol: 'tcp',
        tcpMux: true,
        poolCount: 5,
        heartbeatInterval: 5,
        heartbeatTimeout: 15,
        tls: { enable: true, disableCustomTLSFirstByte: true, serverName: 'frp.example.com', trustedCaFile: '/run/ca.pem' },
      },
      proxies: [{ name: 'gw-1', type: 'http', subdomain: 'abcd1234', plugin: { type: 'unix_domain_socket', unixPath: '/run/gw.sock' } }],
    })
  })

  it.each(['frp.example.com', '192.0.2.1', '2001:db8::1', 'localhost'])('takes %s as a server', (serverAddr) => {
    expect(parse(frpcConfig({ ...facts, serverAddr }))).toMatchObject({ serverAddr, transport: { tls: { serverName: serverAddr } } })
  })

  it('is named by a path alone', () => expect(frpcArgs('/run/frpc.toml')).toEqual(['-c', '/run/frpc.toml']))
})

describe('the environment of frpc', () => {
  it.each([
    'http_proxy',
    'HTTP_PROXY',
    'Http_Proxy',
    'https_proxy',
    'HTTPS_PROXY',
    'all_proxy',
    'ALL_PROXY',
    'no_proxy',
    'NO_PROXY',
    'npm_config_proxy',
    'npm_config_noproxy',
    'XOPC_GATEWAY_TOKEN',
    'XOPC_FRPC_PATH',
  ])('has no %s', (name) => expect(frpcEnvironment({ PATH: '/bin', [name]: 'x' })).toEqual({ PATH: '/bin' }))

  it.each(['PATH', 'HOME', 'LANG', 'TZ', 'PROXYCHAINS', 'GODEBUG'])('keeps %s', (name) =>
    expect(frpcEnvironment({ [name]: 'x' })).toEqual({ [name]: 'x' }),
  )
})

it('the authorities of the system are a text of PEM, each once', () => {
  const text = systemAuthorities()
  const blocks = text.match(/-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n/g) ?? []
  expect(blocks.length).toBeGreaterThan(50)
  expect(blocks.join('')).toBe(text)
  expect(new Set(blocks).size).toBe(blocks.length)
})
