import { describe, expect, it } from 'vitest'
import { normalizePublicUrl, proxyAddressRefusal, proxyAddressWarning } from '../../../src/lib/access/proxy/config.ts'

describe('normalizePublicUrl', () => {
  it.each([
    ['https://gateway.example.com', 'https://gateway.example.com'],
    ['https://Gateway.Example.COM/', 'https://gateway.example.com'],
    ['HTTPS://gateway.example.com:443', 'https://gateway.example.com'],
    ['https://gateway.example.com:8443/', 'https://gateway.example.com:8443'],
    [' https://gateway.example.com\n', 'https://gateway.example.com'],
    ['https://münchen.example', 'https://xn--mnchen-3ya.example'],
    ['http://192.168.1.5:18790', 'http://192.168.1.5:18790'],
    ['http://10.1.2.3', 'http://10.1.2.3'],
    ['http://172.31.0.1', 'http://172.31.0.1'],
    ['http://100.64.0.7', 'http://100.64.0.7'],
    ['http://127.0.0.1:18790', 'http://127.0.0.1:18790'],
    ['http://localhost:18790', 'http://localhost:18790'],
    ['http://[::1]:18790', 'http://[::1]:18790'],
    ['http://[fd12::1]', 'http://[fd12::1]'],
    ['http://[fe80::1]', 'http://[fe80::1]'],
    ['http://169.254.3.4', 'http://169.254.3.4'],
    ['http://nas.local', 'http://nas.local'],
  ])('takes %s', (text, url) => {
    expect(normalizePublicUrl(text)).toEqual({ ok: true, url })
  })

  it.each([
    ['', 'invalid_url'],
    ['gateway.example.com', 'invalid_url'],
    ['https://', 'invalid_url'],
    ['https:gateway.example.com', 'invalid_url'],
    ['https://exa mple.com', 'invalid_url'],
    ['https://gateway.example.com\\@evil.example', 'invalid_url'],
    ['https://gateway.exa\u0000mple.com', 'invalid_url'],
    ['https://gateway.example.com:0', 'invalid_url'],
    ['https://gateway.example.com:99999', 'invalid_url'],
    ['ftp://gateway.example.com', 'invalid_scheme'],
    ['javascript:alert(1)', 'invalid_scheme'],
    ['https://user:pass@gateway.example.com', 'has_userinfo'],
    ['https://@gateway.example.com', 'has_userinfo'],
    ['https://gateway.example.com/xopc', 'has_path'],
    ['https://gateway.example.com//', 'has_path'],
    ['https://gateway.example.com/?', 'has_query_or_fragment'],
    ['https://gateway.example.com?a=b', 'has_query_or_fragment'],
    ['https://gateway.example.com/#', 'has_query_or_fragment'],
    ['http://gateway.example.com', 'requires_https'],
    ['http://8.8.8.8', 'requires_https'],
    ['http://172.32.0.1', 'requires_https'],
    ['http://100.128.0.1', 'requires_https'],
    ['http://[2001:db8::1]', 'requires_https'],
    ['http://[::ffff:8.8.8.8]', 'requires_https'],
    ['http://evil.local.example.com', 'requires_https'],
    ['http://127.0.0.1.example.com', 'requires_https'],
  ])('refuses %s as %s', (text, code) => {
    expect(normalizePublicUrl(text)).toMatchObject({ ok: false, code, error: { code } })
  })

  it('never repeats a password', () => {
    expect(normalizePublicUrl('https://user:geheim@gateway.example.com')).not.toMatchObject({
      error: { message: expect.stringContaining('geheim') as string },
    })
  })
})

describe('an entry of trustedProxies', () => {
  it.each([
    ['127.0.0.1', undefined, undefined],
    ['::1', undefined, undefined],
    ['192.168.1.0/24', undefined, undefined],
    ['::/8', 'PROXY_RANGE_TOO_WIDE', 'PROXY_RANGE_WIDE'],
    ['::/64', 'PROXY_RANGE_TOO_WIDE', undefined],
    ['::fffe:0:0/95', 'PROXY_RANGE_TOO_WIDE', undefined],
    ['172.17.0.0/16', undefined, 'PROXY_RANGE_WIDE'],
    ['172.16.0.0/12', undefined, 'PROXY_RANGE_WIDE'],
    ['fd00::/8', undefined, 'PROXY_RANGE_WIDE'],
    ['0.0.0.0/0', 'PROXY_RANGE_TOO_WIDE', 'PROXY_RANGE_WIDE'],
    ['::/0', 'PROXY_RANGE_TOO_WIDE', 'PROXY_RANGE_WIDE'],
    ['0.0.0.0/1', 'PROXY_RANGE_TOO_WIDE', 'PROXY_RANGE_WIDE'],
    ['::ffff:0.0.0.0/96', 'PROXY_RANGE_TOO_WIDE', 'PROXY_RANGE_WIDE'],
    ['::ffff:10.0.0.1', undefined, undefined],
    ['1/8', 'PROXY_ADDRESS_INVALID', undefined],
    ['10.0.0.0/33', 'PROXY_ADDRESS_INVALID', undefined],
    ['0x7f.1', 'PROXY_ADDRESS_INVALID', undefined],
    ['proxy.example.com', 'PROXY_ADDRESS_INVALID', undefined],
    ['*', 'PROXY_ADDRESS_INVALID', undefined],
    ['', 'PROXY_ADDRESS_INVALID', undefined],
  ])('%s: error %s, warning %s', (text, error, warning) => {
    expect(proxyAddressRefusal(text)?.code).toBe(error)
    expect(proxyAddressWarning(text)?.code).toBe(warning)
  })
})
