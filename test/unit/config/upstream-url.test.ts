import { describe, expect, it } from 'vitest'
import { readUpstream } from '../../../src/lib/config/upstream-url.ts'
import { forbiddenReason } from '../../../src/lib/system/forbidden-address.ts'

describe('readUpstream', () => {
  it.each([
    ['http://127.0.0.1:3000', { kind: 'tcp', origin: 'http://127.0.0.1:3000', host: '127.0.0.1', port: 3000, authorization: null }],
    ['http://localhost', { kind: 'tcp', origin: 'http://localhost', host: 'localhost', port: 80 }],
    ['https://[::1]:8443/', { kind: 'tcp', origin: 'https://[::1]:8443', host: '::1', port: 8443 }],
    [
      'http://me:p%40ss@app:3000',
      { kind: 'tcp', origin: 'http://app:3000', authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}` },
    ],
    ['unix:/run/app.sock', { kind: 'unix', socketPath: '/run/app.sock' }],
    ['unix:///run/app.sock', { kind: 'unix', socketPath: '/run/app.sock' }],
  ])('reads %s', (text, address) => {
    expect(readUpstream(text)).toMatchObject({ ok: true, address })
  })

  it.each([
    ['', 'UPSTREAM_INVALID'],
    ['127.0.0.1:3000', 'UPSTREAM_INVALID'],
    ['ftp://127.0.0.1', 'UPSTREAM_INVALID'],
    ['file:///etc/passwd', 'UPSTREAM_INVALID'],
    ['http://127.0.0.1:3000/app', 'UPSTREAM_INVALID'],
    ['http://127.0.0.1:3000?a', 'UPSTREAM_INVALID'],
    ['unix:run/app.sock', 'UPSTREAM_INVALID'],
    ['unix://host/app.sock', 'UPSTREAM_INVALID'],
    [`unix:/${'a'.repeat(99)}`, 'UPSTREAM_INVALID'],
    ['http://169.254.169.254', 'UPSTREAM_FORBIDDEN'],
    ['http://2852039166', 'UPSTREAM_FORBIDDEN'],
    ['http://0xA9FEA9FE', 'UPSTREAM_FORBIDDEN'],
    ['http://169.254.169.254.', 'UPSTREAM_FORBIDDEN'],
    ['http://[::ffff:169.254.169.254]', 'UPSTREAM_FORBIDDEN'],
    ['http://[64:ff9b::a9fe:a9fe]', 'UPSTREAM_FORBIDDEN'],
    ['http://[2002:a9fe:a9fe::1]', 'UPSTREAM_FORBIDDEN'],
    ['http://[::169.254.169.254]', 'UPSTREAM_FORBIDDEN'],
    ['http://[fe80::1]', 'UPSTREAM_FORBIDDEN'],
    ['http://[fd00:ec2::254]', 'UPSTREAM_FORBIDDEN'],
    ['http://100.100.100.200', 'UPSTREAM_FORBIDDEN'],
    ['http://168.63.129.16', 'UPSTREAM_FORBIDDEN'],
    ['http://metadata.google.internal', 'UPSTREAM_FORBIDDEN'],
    ['http://0.0.0.0:3000', 'UPSTREAM_FORBIDDEN'],
    ['http://[::]:3000', 'UPSTREAM_FORBIDDEN'],
    ['http://224.0.0.1', 'UPSTREAM_FORBIDDEN'],
  ])('refuses %s as %s', (text, code) => {
    expect(readUpstream(text)).toMatchObject({ ok: false, error: { code } })
  })

  it('lets addresses of apps be', () => {
    const hosts = ['127.0.0.1', '::1', '192.168.1.5', '10.0.0.1', 'fd00::1', '100.64.0.1', '93.184.216.34', 'app']
    expect(hosts.filter((host) => forbiddenReason(host) !== null)).toEqual([])
  })

  it('never repeats a password', () => {
    expect(JSON.stringify(readUpstream('http://me:geheim@169.254.169.254'))).not.toContain('geheim')
  })
})
