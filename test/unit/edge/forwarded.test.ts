import { describe, expect, it } from 'vitest'
import { createTrust, plainAddress, sourceOf } from '../../../src/lib/gateway/edge/addresses.ts'
import { judgeForwarded } from '../../../src/lib/gateway/edge/forwarded.ts'
import { readHead } from '../../../src/lib/gateway/edge/head.ts'

const trusted = createTrust(['127.0.0.1', '10.0.0.0/8', 'fd00::/8'])
const judge = (peer: string | null, ingress: 'local' | 'lan' | 'proxy' | 'control', ...headers: string[]) =>
  judgeForwarded(peer, readHead(['Host', 'Gateway.Example:80', ...headers]), trusted, ingress)

describe('X-Forwarded-For of a trusted peer', () => {
  it.each([
    ['one address', '1.2.3.4', '1.2.3.4'],
    ['a spoofed address to the left', '6.6.6.6, 1.2.3.4', '1.2.3.4'],
    ['trusted hops to the right', '6.6.6.6, 1.2.3.4, 10.1.1.1, 127.0.0.1', '1.2.3.4'],
    ['trusted hops alone', '10.0.0.9, 10.0.0.1', '10.0.0.9'],
    ['IPv6', '2001:db8::7', '2001:db8::7'],
    ['a v4-mapped address', '::ffff:1.2.3.4', '1.2.3.4'],
    ['a v4-mapped trusted hop', '1.2.3.4, ::ffff:10.0.0.1', '1.2.3.4'],
  ])('%s: %s is %s', (_, value, client) => {
    expect(judge('127.0.0.1', 'local', 'X-Forwarded-For', value)).toMatchObject({ client, proxied: true, trustedPeer: true })
  })

  it('is read over several header lines in their order', () => {
    expect(judge('10.0.0.1', 'lan', 'X-Forwarded-For', '6.6.6.6', 'x-forwarded-for', '1.2.3.4')).toMatchObject({ client: '1.2.3.4' })
  })

  it.each(['', ',', '1.1.1.1, , 1.2.3.4', 'batman', '1.2.3.0/24', '1.2.3.4:80', '[::1]', '1.2.3'])('%j is refused', (value) => {
    expect(judge('127.0.0.1', 'local', 'X-Forwarded-For', value)).toMatchObject({ broken: 'X-Forwarded-For' })
  })

  it('that is missing leaves the peer as the client, whose scheme and host count', () => {
    const got = judge('::ffff:10.0.0.1', 'lan', 'X-Forwarded-Proto', 'https', 'X-Forwarded-Host', 'Public.Example:443')
    expect(got).toMatchObject({ client: '10.0.0.1', proto: 'https', host: 'public.example' })
  })
})

describe('X-Forwarded-Proto of a trusted peer', () => {
  it.each([
    ['one for all', '1.2.3.4, 10.0.0.1', 'https', 'https'],
    ['one each, that of the client', '1.2.3.4, 10.0.0.1', 'https, http', 'https'],
    ['one each, behind a spoofed one', '6.6.6.6, 1.2.3.4', 'https, http', 'http'],
    ['WebSocket schemes', '1.2.3.4', 'wss', 'https'],
  ])('%s', (_, chain, protos, proto) => {
    expect(judge('127.0.0.1', 'local', 'X-Forwarded-For', chain, 'X-Forwarded-Proto', protos)).toMatchObject({ proto })
  })

  it.each([
    ['more than addresses', '1.2.3.4', 'https, https'],
    ['fewer than addresses', '1.2.3.4, 10.0.0.1, 10.0.0.2', 'https, http'],
    ['an empty one', '1.2.3.4', ''],
    ['an empty one among others', '1.2.3.4, 10.0.0.1', 'https,'],
    ['another scheme', '1.2.3.4', 'gopher'],
  ])('%s is refused', (_, chain, protos) => {
    expect(judge('127.0.0.1', 'local', 'X-Forwarded-For', chain, 'X-Forwarded-Proto', protos)).toMatchObject({
      broken: 'X-Forwarded-Proto',
    })
  })
})

describe('X-Forwarded-Host of a trusted peer', () => {
  it.each([
    [['a.example, B.example'], 'b.example'],
    [['a.example', 'b.example'], 'b.example'],
    [['b.example:8443'], 'b.example:8443'],
  ])('%j: the last one counts', (lines, host) => {
    expect(judge('127.0.0.1', 'local', ...lines.flatMap((line) => ['X-Forwarded-Host', line]))).toMatchObject({ host })
  })

  it.each(['', 'a.example,', 'a b', 'a.example/path', 'user@a.example', 'a.example:x'])('%j is refused', (value) => {
    expect(judge('127.0.0.1', 'local', 'X-Forwarded-Host', value)).toMatchObject({ broken: 'X-Forwarded-Host' })
  })
})

describe('forwarded headers of others', () => {
  const all = ['X-Forwarded-For', 'batman', 'X-Forwarded-Proto', 'https', 'X-Forwarded-Host', 'evil.example']
  it.each([
    ['a stranger on the LAN', '192.168.1.9', 'lan'],
    ['a loopback peer that nobody listed', '127.0.0.2', 'local'],
  ] as const)('%s: ignored, but never local', (_, peer, ingress) => {
    const got = judge(peer, ingress, ...all)
    expect(got).toMatchObject({ client: peer, proto: 'http', host: 'gateway.example', proxied: true, trustedPeer: false })
  })

  it.each([['X-Real-IP'], ['X-Client-IP'], ['X_Real_IP'], ['True-Client-IP']])('%s is no forwarded header', (name) => {
    expect(judge('127.0.0.1', 'local', name, '1.2.3.4')).toMatchObject({ client: '127.0.0.1', proxied: false })
  })

  it.each([
    ['Forwarded', 'for=1.2.3.4;host=evil.example;proto=https'],
    ['Via', '1.1 proxy'],
    ['X_Forwarded_For', '1.2.3.4'],
    ['X-Forwarded-Uri', '/x'],
    ['X-Forwarded-User', 'root'],
  ])('%s is not believed, and makes the request proxied', (name, value) => {
    expect(judge('127.0.0.1', 'local', name, value)).toMatchObject({ client: '127.0.0.1', host: 'gateway.example', proxied: true })
  })

  it('on the control socket mean nothing', () => {
    expect(judge(null, 'control', ...all)).toMatchObject({ client: 'control', host: 'gateway.example', trustedPeer: false })
  })

  it('on the proxy socket are believed', () => {
    expect(judge(null, 'proxy', 'X-Forwarded-For', '1.2.3.4', 'X-Forwarded-Host', 'a.example')).toMatchObject({
      client: '1.2.3.4',
      host: 'a.example',
    })
  })
})

describe('Host', () => {
  it.each([
    ['two of them', ['Host', 'a', 'Host', 'b']],
    ['none', []],
    ['a path', ['Host', 'a/b']],
    ['userinfo', ['Host', 'a@b']],
    ['nothing', ['Host', '']],
  ])('%s is refused', (_, raw) => {
    expect(judgeForwarded('127.0.0.1', readHead(raw), () => false, 'local')).toMatchObject({ broken: 'Host' })
  })

  it.each([
    ['LOCALHOST:18790', 'localhost:18790'],
    ['[::1]:18790', '[::1]:18790'],
    ['a.example:80', 'a.example'],
    ['a.example:443', 'a.example:443'],
  ])('%s is %s', (sent, host) => {
    expect(judgeForwarded('127.0.0.1', readHead(['Host', sent]), () => false, 'local')).toMatchObject({ host })
  })
})

describe('addresses', () => {
  it.each([
    ['1.2.3.4', '1.2.3.4'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['::FFFF:102:304', '1.2.3.4'],
    ['0:0:0:0:0:ffff:1.2.3.4', '1.2.3.4'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['control', 'control'],
  ])('%s counts as %s', (client, source) => {
    expect(sourceOf(client)).toBe(source)
  })

  it('that are none are told', () => {
    expect(['', 'batman', '1.2.3.4/8', '1.2.3.256'].map(plainAddress)).toEqual([null, null, null, null])
  })

  it.each([
    ['10.255.0.1', true],
    ['11.0.0.1', false],
    ['127.0.0.1', true],
    ['127.0.0.2', false],
    ['fd12::1', true],
    ['2001:db8::1', false],
  ])('%s is trusted: %s', (address, expected) => {
    expect(trusted(address)).toBe(expected)
  })
})
