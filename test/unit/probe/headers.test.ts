import { describe, expect, it } from 'vitest'
import { aimAt } from '../../../src/lib/probe/aim.ts'
import type { SeenRequest } from '../../../src/lib/protocol/probe-api.ts'
import { judgeHeaders } from '../../../src/lib/probe/stages/headers.ts'

const aim = aimAt('https://gateway.example.com:8443')
const nginx = { program: 'nginx', evidence: 'Server: nginx' }
const given = { keepsClaims: false, source: { address: '192.168.1.5', port: 40_001 }, own: ['127.0.0.1', '192.168.1.5', '::1'] }

function seen(change: Partial<SeenRequest> = {}, received: Partial<SeenRequest['received']> = {}): SeenRequest {
  const forwardedFor = change.forwardedFor ?? ['192.168.1.5']
  return {
    ingress: 'local',
    peer: '127.0.0.1',
    peerPort: 50_002,
    client: '127.0.0.1',
    proxied: true,
    trustedPeer: false,
    forwardedFor,
    proto: 'http',
    host: 'gateway.example.com:8443',
    nonce: 'x',
    hints: [],
    ...change,
    received: {
      host: ['gateway.example.com:8443'],
      forwardedFor: forwardedFor.length === 0 ? [] : [forwardedFor.join(', ')],
      forwardedProto: ['https'],
      forwardedHost: [],
      forwarded: [],
      via: [],
      realIp: [],
      ...received,
    },
  }
}

describe('the smallest trustedProxies that would be right', () => {
  it.each<[what: string, peer: string | null, chain: string[], proxies: string[] | undefined]>([
    ['a proxy on this computer', '127.0.0.1', ['192.168.1.5'], ['127.0.0.1']],
    ['a proxy on another', '192.168.1.9', ['192.168.1.5'], ['192.168.1.9']],
    ['a proxy in a container', '172.17.0.2', ['172.17.0.1'], ['172.17.0.2']],
    ['two in a row', '127.0.0.1', ['203.0.113.7', '192.168.1.9'], ['127.0.0.1', '192.168.1.9']],
    [
      'three in a row, seen from outside',
      '127.0.0.1',
      ['203.0.113.7', '198.51.100.3', '192.168.1.9'],
      ['127.0.0.1', '192.168.1.9', '198.51.100.3'],
    ],
    ['two on this computer', '127.0.0.1', ['192.168.1.5', '127.0.0.1'], ['127.0.0.1']],
    ['up to this computer and no further', '10.0.0.9', ['203.0.113.7', '192.168.1.5', '10.0.0.8'], ['10.0.0.9', '10.0.0.8']],
    ['v4-mapped', '::ffff:127.0.0.1', ['192.168.1.5'], ['127.0.0.1']],
    ['over IPv6', '::1', ['2001:db8::1'], ['::1']],
    ['by the socket', null, ['192.168.1.5'], undefined],
    ['by the socket, behind another', null, ['203.0.113.7', '192.168.1.9'], ['192.168.1.9']],
    ['words that are no addresses', '127.0.0.1', ['192.168.1.5', 'unknown'], ['127.0.0.1']],
  ])('%s', (_, peer, chain, proxies) => {
    const judged = judgeHeaders(aim, seen({ peer, forwardedFor: chain }), given, nginx)
    expect(judged.status).toBe('pass')
    expect(judged.facts?.['trustedProxies']).toEqual(proxies)
    if (proxies) expect(judged.fix?.command).toBe(`xopc config set 'gateway.trustedProxies=${JSON.stringify(proxies)}'`)
    else expect(judged.fix).toBeUndefined()
  })

  it('is not asked for where the gateway trusts the proxy and knows its visitors', () => {
    const known = seen({ trustedPeer: true, client: '192.168.1.5', proto: 'https' })
    expect(judgeHeaders(aim, known, given, nginx)).not.toHaveProperty('fix')
  })

  it('is asked for where the gateway takes the next proxy for the visitor', () => {
    const half = seen({ trustedPeer: true, client: '192.168.1.9', forwardedFor: ['203.0.113.7', '192.168.1.9'] })
    expect(judgeHeaders(aim, half, given, nginx).fix?.command).toContain('192.168.1.9')
  })
})

it('a door that a program of ours leads to believes it already: nobody has to be listed for it', () => {
  const by = { ingress: 'tailscale', host: 'home.tail1234.ts.net' } as const
  const home = aimAt('https://home.tail1234.ts.net')
  const arrived = { host: ['home.tail1234.ts.net'], forwardedFor: ['100.64.0.1'] }
  for (const client of ['100.64.0.1', '127.0.0.1', '203.0.113.7']) {
    for (const trustedPeer of [true, false]) {
      const judged = judgeHeaders(home, seen({ ...by, client, trustedPeer, forwardedFor: ['100.64.0.1'] }, arrived), given, nginx)
      expect(judged).toMatchObject({ status: 'pass', detail: expect.stringMatching(/^Host, scheme and visitor arrive as they are/) })
      expect(judged).not.toHaveProperty('fix')
      expect(judged.facts).not.toHaveProperty('trustedProxies')
    }
  }
})

describe('what a proxy leaves out or changes is a warning with its line', () => {
  it.each<
    [what: string, change: Partial<SeenRequest>, received: Partial<SeenRequest['received']>, says: RegExp, line: RegExp, code?: string]
  >([
    [
      'the port',
      { host: 'gateway.example.com' },
      { host: ['gateway.example.com'] },
      /leaves the port out of Host/,
      /\$http_host/,
      'HOST_REWRITTEN',
    ],
    ['Host', { host: 'x' }, { host: ['x.internal'] }, /rewrites Host: it arrives as x\.internal/, /\$http_host/, 'HOST_REWRITTEN'],
    ['the scheme', {}, { forwardedProto: [] }, /does not say that visitors come over https/, /X-Forwarded-Proto \$scheme/],
    ['the right scheme', {}, { forwardedProto: ['http'] }, /says http in X-Forwarded-Proto/, /X-Forwarded-Proto \$scheme/],
    ['the visitor', { forwardedFor: [] }, {}, /does not say who its visitors are/, /\$remote_addr/],
  ])('%s', (_, change, received, says, line, code) => {
    const judged = judgeHeaders(aim, seen(change, received), given, nginx)
    expect(judged).toMatchObject({ status: 'warn', culprit: nginx, detail: expect.stringMatching(says) })
    expect(judged.fix?.snippet).toMatch(line)
    expect(judged.code).toBe(code)
  })

  it('several of them are one sentence and all their lines', () => {
    const bare = seen(
      { forwardedFor: [], proxied: false, host: 'gateway.example.com' },
      { host: ['gateway.example.com'], forwardedProto: [] },
    )
    const judged = judgeHeaders(aim, bare, given, nginx)
    expect(judged.detail).toMatch(/^nginx leaves .*; it also does not say .*; it also does not say who .*\.$/)
    expect(judged.fix?.snippet?.split('\n')).toHaveLength(3)
  })

  it('the default port may stand in Host or not', () => {
    const plain = aimAt('https://gateway.example.com')
    for (const host of ['gateway.example.com', 'gateway.example.com:443', 'GATEWAY.example.com']) {
      expect(judgeHeaders(plain, seen({ host }, { host: [host] }), given, nginx).status, host).toBe('pass')
    }
  })
})

it('nothing between is said, where the peer is ourselves and nobody tells of anything', () => {
  const direct = aimAt('http://192.168.1.5:18790')
  const judged = judgeHeaders(
    direct,
    seen({ proxied: false, peer: '192.168.1.5', peerPort: 40_001, forwardedFor: [] }, { forwardedProto: [] }),
    given,
    {
      program: null,
      evidence: null,
    },
  )
  expect(judged).toMatchObject({ status: 'pass', detail: 'Nothing stands between: the request arrives as it was sent.' })
})

it('a connection of somebody else’s stands between, also on this computer and without a word', () => {
  const named = aimAt('http://gateway.localhost:8080')
  const silent = seen({ proxied: false, forwardedFor: [] }, { forwardedProto: [], host: ['gateway.localhost:8080'] })
  const local = { ...given, source: { address: '127.0.0.1', port: 40_001 } }
  expect(judgeHeaders(named, { ...silent, peerPort: 50_002 }, local, { program: null, evidence: null }).status).toBe('warn')
  expect(judgeHeaders(named, { ...silent, peerPort: 40_001 }, local, { program: null, evidence: null }).status).toBe('pass')
})

it('a program that gives itself away stands between, whatever it leaves out', () => {
  const direct = aimAt('http://192.168.1.5:18790')
  const quiet = seen({ proxied: false, peer: '192.168.1.5', forwardedFor: [] }, { forwardedProto: [], host: ['192.168.1.5:18790'] })
  expect(judgeHeaders(direct, quiet, given, nginx)).toMatchObject({
    status: 'warn',
    detail: expect.stringContaining('nginx does not say who'),
  })
})

it('claims that are passed on are told, and are no fault', () => {
  expect(judgeHeaders(aim, seen(), { ...given, keepsClaims: true }, nginx)).toMatchObject({
    status: 'pass',
    detail: expect.stringContaining('passed on to the left, where the gateway does not believe it'),
  })
})
