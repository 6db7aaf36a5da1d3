import { describe, expect, it } from 'vitest'
import { aimAt, nameInText, originInText } from '../../../src/lib/probe/aim.ts'
import { headerLines } from '../../../src/lib/probe/reply.ts'
import { createLookup, judgeName, type Looked } from '../../../src/lib/probe/stages/dns.ts'
import { judgeSilence, judgeStream, type StreamSeen } from '../../../src/lib/probe/stages/sse.ts'
import { type Attempt, judgeConnections } from '../../../src/lib/probe/stages/tcp.ts'
import { judgeHandshake } from '../../../src/lib/probe/stages/tls.ts'
import { judgeSocket, type SocketSeen } from '../../../src/lib/probe/stages/websocket.ts'
import { type Trouble, troubleOf } from '../../../src/lib/probe/trouble.ts'
import { errorOf, verdictOf } from '../../../src/lib/probe/verdict.ts'
import { refusalOf, reply } from './replies.ts'

const aim = aimAt('https://gateway.example.com:8443')
const nginx = { program: 'nginx', evidence: 'Server: nginx' }
const unknown = { program: null, evidence: null }
const trouble = (kind: Trouble['kind'], code = 'X'): Trouble => ({ kind, code })

describe('an aim', () => {
  it.each([
    ['https://gateway.example.com', { scheme: 'https', name: 'gateway.example.com', port: 443, literal: false }],
    ['http://[::1]:8080', { scheme: 'http', name: '::1', port: 8080, literal: true, authority: '[::1]:8080' }],
    ['http://2130706433', { name: '127.0.0.1', literal: true, port: 80 }],
    ['http://0x7f.1', { name: '127.0.0.1', literal: true }],
    ['https://gateway.example.com.', { name: 'gateway.example.com', authority: 'gateway.example.com.' }],
  ])('%s', (url, want) => {
    expect(aimAt(url)).toMatchObject(want)
  })

  it('is written only where nothing of it could be run', () => {
    for (const url of ['https://a;id.x', 'https://a`id`.x', "https://a'.x", 'https://$x', 'https://a&b', 'https://-oProxyCommand.x']) {
      expect(nameInText(aimAt(url)), url).toBe('gateway.example.com')
      expect(originInText(aimAt(url)), url).toBe('https://gateway.example.com')
    }
    expect(originInText(aimAt('http://[::1]:8080'))).toBe('http://[::1]:8080')
  })
})

describe('a look-up', () => {
  it('of one name is made once at a time, because it cannot be called off', async () => {
    const asked: string[] = []
    const answer = Promise.withResolvers<readonly string[]>()
    const find = createLookup((name) => (asked.push(name), name === 'slow.example' ? answer.promise : Promise.reject(new Error('no'))))
    const both = [find('slow.example'), find('slow.example')]
    await expect(find('other.example')).rejects.toThrow('no')
    expect(asked).toEqual(['slow.example', 'other.example'])
    answer.resolve(['203.0.113.7'])
    expect(await Promise.all(both)).toEqual([['203.0.113.7'], ['203.0.113.7']])
    await find('slow.example')
    await expect(find('other.example')).rejects.toThrow('no')
    expect(asked).toEqual(['slow.example', 'other.example', 'slow.example', 'other.example'])
  })
})

describe('addresses of a name', () => {
  it.each<[address: string, reason: RegExp]>([
    ['169.254.169.254', /link-local/],
    ['169.254.0.1', /link-local/],
    ['fe80::1', /link-local/],
    ['fe80::1%eth0', /link-local/],
    ['fd00:ec2::254', /metadata/],
    ['100.100.100.200', /metadata/],
    ['168.63.129.16', /metadata/],
    ['0.0.0.0', /no address of one computer/],
    ['0.1.2.3', /no address of one computer/],
    ['::', /no address of one computer/],
    ['224.0.0.1', /many computers/],
    ['ff02::1', /many computers/],
    ['255.255.255.255', /many computers/],
    ['::ffff:169.254.169.254', /link-local/],
    ['::ffff:a9fe:a9fe', /link-local/],
    ['::ffff:168.63.129.16', /metadata/],
    ['64:ff9b::169.254.169.254', /link-local/],
    ['64:ff9b::a83f:8110', /metadata/],
    ['64:ff9b::0.0.0.0', /no address of one computer/],
    ['2002:a9fe:a9fe::1', /link-local/],
    ['::169.254.169.254', /link-local/],
  ])('%s is never connected to', (address, reason) => {
    const { judged, usable } = judgeName(aim, { addresses: [address] })
    expect(usable).toEqual([])
    expect(judged).toMatchObject({ status: 'fail', code: 'DNS_OR_CONN_REFUSED', detail: expect.stringMatching(reason) })
    expect(judged.detail).toContain(address)
  })

  it.each<[looked: Looked, says: RegExp]>([
    [{ addresses: ['203.0.113.7'] }, /^gateway\.example\.com has the address 203\.0\.113\.7\.$/],
    [{ addresses: ['203.0.113.7', '2001:db8::7'] }, /^gateway\.example\.com has the addresses 203\.0\.113\.7, 2001:db8::7\.$/],
    [{ addresses: ['127.0.0.1'] }, /only this computer reaches/],
    [{ addresses: ['192.168.1.5'] }, /only the same network reaches/],
    [{ addresses: ['fd12::5'] }, /only the same network reaches/],
    [{ addresses: ['100.64.1.2'] }, /tailnet or behind the NAT of a provider/],
    [{ addresses: ['203.0.113.7', '192.168.1.5'] }, /192\.168\.1\.5\.$/],
  ])('%j pass, with who reaches them', (looked, says) => {
    const { judged, usable } = judgeName(aim, looked)
    expect(judged).toMatchObject({ status: 'pass', detail: expect.stringMatching(says) })
    expect(usable).toEqual(looked.addresses)
  })

  it('of a metadata name are not used, whatever they are', () => {
    const { judged, usable } = judgeName(aimAt('http://metadata.google.internal'), { addresses: ['192.168.1.5'] })
    expect(usable).toEqual([])
    expect(judged).toMatchObject({ status: 'fail', detail: expect.stringContaining('metadata service') })
  })

  it('beside a forbidden one are used, with a warning that names it', () => {
    const { judged, usable } = judgeName(aim, { addresses: ['203.0.113.7', '::ffff:169.254.169.254'] })
    expect(usable).toEqual(['203.0.113.7'])
    expect(judged).toMatchObject({ status: 'warn', detail: expect.stringContaining('::ffff:169.254.169.254 is a link-local address') })
  })
})

describe('connections', () => {
  const attempt = (address: string, kind: Trouble['kind'] | null): Attempt => ({
    address,
    ms: 1,
    trouble: kind === null ? null : trouble(kind),
  })

  it.each<[what: string, attempts: Attempt[], status: string, code: string | undefined, says: RegExp]>([
    ['answered', [attempt('203.0.113.7', null)], 'pass', undefined, /accepts connections on port 8443\.$/],
    ['refused', [attempt('203.0.113.7', 'refused')], 'fail', 'DNS_OR_CONN_REFUSED', /^Nothing listens at 203\.0\.113\.7 on port 8443\.$/],
    ['dropped', [attempt('203.0.113.7', 'timeout')], 'fail', 'TIMEOUT', /does not answer on port 8443; mostly a firewall/],
    ['reset', [attempt('203.0.113.7', 'cut')], 'fail', 'NETWORK_ERROR', /^The connection to 203\.0\.113\.7/],
    [
      'IPv6 only, and none here',
      [attempt('2001:db8::7', 'noRoute')],
      'fail',
      'DNS_OR_CONN_REFUSED',
      /no way to 2001:db8::7: it has no IPv6/,
    ],
    [
      'one dead of two',
      [attempt('203.0.113.7', 'timeout'), attempt('203.0.113.8', null)],
      'warn',
      'TIMEOUT',
      /203\.0\.113\.8 accepts .*, but 203\.0\.113\.7 does not answer/,
    ],
    [
      'IPv6 beside, and none here',
      [attempt('2001:db8::7', 'noRoute'), attempt('203.0.113.8', null)],
      'pass',
      undefined,
      /from here there is no way to 2001:db8::7\.$/,
    ],
    [
      'refused and dropped',
      [attempt('203.0.113.7', 'timeout'), attempt('203.0.113.8', 'refused')],
      'fail',
      'DNS_OR_CONN_REFUSED',
      /^Nothing listens at 203\.0\.113\.8/,
    ],
  ])('%s', (_, attempts, status, code, says) => {
    const judged = judgeConnections(aim, { attempts, socket: attempts.some((each) => each.trouble === null) ? {} : null })
    expect(judged).toMatchObject({ status, detail: expect.stringMatching(says) })
    expect(judged.code).toBe(code)
  })
})

describe('a handshake that failed', () => {
  it.each<[given: Trouble, code: string, says: RegExp]>([
    [trouble('timeout'), 'TIMEOUT', /says nothing/],
    [trouble('noTls'), 'TLS_INVALID', /speaks no TLS/],
    [trouble('cut'), 'NETWORK_ERROR', /closed in the middle/],
    [trouble('wantsCertificate'), 'AUTH_BLOCKED', /certificate of the client/],
    [trouble('tls', 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME'), 'TLS_INVALID', /no certificate for gateway\.example\.com\.$/],
    [trouble('tls', 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR'), 'TLS_INVALID', /no certificate for gateway\.example\.com yet/],
    [trouble('tls', 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL'), 'TLS_INVALID', /HTTP\/2 only/],
    [trouble('tls', 'ERR_SSL_UNSUPPORTED_PROTOCOL'), 'TLS_INVALID', /no longer used/],
    [trouble('tls', 'ERR_SSL_SOMETHING_NEW'), 'TLS_INVALID', /\(ERR_SSL_SOMETHING_NEW\)/],
  ])('%j', (given, code, says) => {
    expect(judgeHandshake(aim, given)).toMatchObject({ status: 'fail', code, detail: expect.stringMatching(says), fix: {} })
  })

  it.each<[error: unknown, kind: Trouble['kind']]>([
    [Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'refused'],
    [new DOMException('x', 'TimeoutError'), 'timeout'],
    [new DOMException('x', 'AbortError'), 'timeout'],
    [Object.assign(new Error('x'), { code: 'ABORT_ERR' }), 'timeout'],
    [Object.assign(new Error('x'), { code: 'ECONNRESET' }), 'cut'],
    [Object.assign(new Error('x'), { code: 'EHOSTUNREACH' }), 'noRoute'],
    [Object.assign(new Error('x'), { code: 'HPE_INVALID_CONSTANT', rawPacket: Buffer.from('SSH-2.0-x') }), 'notHttp'],
    [Object.assign(new Error('x'), { code: 'HPE_INVALID_CONSTANT', rawPacket: Buffer.from([21, 3, 1, 0, 2]) }), 'speaksTls'],
    [Object.assign(new Error('x'), { code: 'ERR_SSL_WRONG_VERSION_NUMBER' }), 'noTls'],
    [Object.assign(new Error('x'), { code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' }), 'wantsCertificate'],
    [Object.assign(new Error('x'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), 'tls'],
    [new Error('x'), 'other'],
    ['text', 'other'],
  ])('%o is read by its code', (error, kind) => {
    expect(troubleOf(error).kind).toBe(kind)
  })
})

describe('an event stream', () => {
  const seen = (change: Partial<StreamSeen>, headers: Record<string, string> = {}): StreamSeen => ({
    status: 200,
    headers: headerLines(Object.entries({ 'Content-Type': 'text/event-stream', ...headers }).flat()),
    body: '',
    arrivals: [5, 305, 606],
    idleAt: null,
    endedAt: 610,
    trouble: null,
    ...change,
  })

  it.each<[what: string, given: StreamSeen, culprit: typeof nginx | typeof unknown, code: string | undefined, says: RegExp]>([
    ['comes one by one', seen({}), unknown, undefined, /^Events come one by one, as they are sent\.$/],
    ['compressed, and all the same', seen({}, { 'Content-Encoding': 'gzip' }), unknown, undefined, /\(compressed with gzip\)\.$/],
    ['late as a whole', seen({ arrivals: [2005, 2306, 2610] }), unknown, undefined, /one by one/],
    ['a little jumbled', seen({ arrivals: [150, 320, 700] }), unknown, undefined, /one by one/],
    [
      'all at the end',
      seen({ arrivals: [603, 603, 603] }),
      nginx,
      'SSE_BUFFERED',
      /^nginx holds event streams back: three events that were sent over 600 ms arrived within 0 ms\.$/,
    ],
    [
      'almost together',
      seen({ arrivals: [400, 500, 699] }),
      unknown,
      'SSE_BUFFERED',
      /^An unknown program on the way holds event streams back/,
    ],
    [
      'together, to be compressed',
      seen({ arrivals: [603, 603, 603] }, { 'Content-Encoding': 'gzip' }),
      nginx,
      'SSE_BUFFERED',
      /to compress them/,
    ],
    ['ends early', seen({ arrivals: [5], endedAt: 6 }), nginx, 'NETWORK_ERROR', /^nginx breaks an event stream off/],
    ['is cut early', seen({ arrivals: [5], trouble: trouble('cut') }), nginx, 'NETWORK_ERROR', /breaks an event stream off/],
    ['stops', seen({ arrivals: [5], trouble: trouble('timeout') }), nginx, 'TIMEOUT', /1 of 3 events/],
    ['begins and sends nothing', seen({ arrivals: [], trouble: trouble('timeout') }), unknown, 'TIMEOUT', /0 of 3 events/],
  ])('%s', (_, given, culprit, code, says) => {
    const judged = judgeStream(aim, given, culprit)
    expect(judged.code).toBe(code)
    expect(judged.detail).toMatch(says)
    expect(judged.facts).toMatchObject({ arrivalsMs: given.arrivals })
  })

  it('that is silent stays open, or is told how long it lasted', () => {
    const judged = judgeStream(aim, seen({}), nginx)
    const kept = { asked: { seen: seen({ idleAt: 65_610 }) }, idle: 65 }
    expect(judgeSilence(aim, judged, kept, nginx)).toMatchObject({ status: 'pass', facts: { idleSeconds: 65, idleMs: 65_610 } })
    const cut = { asked: { seen: seen({ endedAt: 60_706, trouble: trouble('cut') }) }, idle: 65 }
    expect(judgeSilence(aim, judged, cut, nginx)).toMatchObject({
      status: 'fail',
      code: 'TIMEOUT',
      detail: 'nginx cut a silent event stream after 60.1 s; 65 s were asked for.',
      fix: { snippet: 'proxy_read_timeout 3600s;' },
      facts: { lastedSeconds: 60.1 },
    })
  })
})

describe('a WebSocket', () => {
  const open = (change: Partial<Extract<SocketSeen, { kind: 'open' }>>): SocketSeen => ({
    kind: 'open',
    headers: new Map(),
    openMs: 2,
    echoMs: 1.2,
    trouble: null,
    ...change,
  })

  it.each<[what: string, seen: SocketSeen, code: string | undefined, says: RegExp]>([
    ['echoes', open({}), undefined, /came back in 1 ms/],
    ['opens and loses what is sent', open({ echoMs: null, trouble: trouble('timeout') }), 'WEBSOCKET_BLOCKED', /does not come back/],
    [
      'loses its Upgrade',
      { kind: 'refused', reply: refusalOf(426, 'UPGRADE_REQUIRED') },
      'WEBSOCKET_BLOCKED',
      /^nginx takes the header Upgrade away/,
    ],
    [
      'loses half of its handshake',
      { kind: 'refused', reply: refusalOf(400, 'UPGRADE_INVALID') },
      'WEBSOCKET_BLOCKED',
      /takes the header Upgrade away/,
    ],
    ['is answered 502', { kind: 'refused', reply: reply(502) }, 'WEBSOCKET_BLOCKED', /with status 502/],
    ['is answered with a page', { kind: 'refused', reply: reply(200, {}, '<html>') }, 'WEBSOCKET_BLOCKED', /with status 200/],
    ['is answered 404', { kind: 'refused', reply: reply(404) }, 'WEBSOCKET_BLOCKED', /with status 404/],
    [
      'meets a sign-in',
      { kind: 'refused', reply: reply(302, { Location: 'https://x.cloudflareaccess.com/' }) },
      'AUTH_BLOCKED',
      /Cloudflare Access/,
    ],
    ['is not answered', { kind: 'trouble', trouble: trouble('timeout') }, 'TIMEOUT', /does not answer the WebSocket handshake/],
    ['is cut', { kind: 'trouble', trouble: trouble('cut') }, 'WEBSOCKET_BLOCKED', /closes the connection/],
    ['is answered with nonsense', { kind: 'trouble', trouble: trouble('notHttp') }, 'WEBSOCKET_BLOCKED', /something that is none/],
  ])('%s', (_, seen, code, says) => {
    const judged = judgeSocket(aim, seen, nginx)
    expect(judged.code).toBe(code)
    expect(judged.detail).toMatch(says)
    if (code === 'WEBSOCKET_BLOCKED') expect(judged.fix?.snippet?.split('\n')).toHaveLength(3)
  })
})

describe('a verdict', () => {
  it('is spoken for by the first stage that failed', () => {
    const stages = [
      { stage: 'dns', status: 'warn', ms: 1, detail: 'A.', code: 'DNS_OR_CONN_REFUSED' },
      { stage: 'sse', status: 'fail', ms: 1, detail: 'B.', code: 'SSE_BUFFERED', fix: { title: 'Do it', snippet: 'one;\n  two;' } },
      { stage: 'websocket', status: 'fail', ms: 1, detail: 'C.', code: 'WEBSOCKET_BLOCKED' },
    ] as const
    const verdict = verdictOf({ url: aim.origin, at: 0, ms: 3, latencyMs: 1, stages: [...stages] })
    expect(verdict).toMatchObject({
      ok: false,
      code: 'SSE_BUFFERED',
      message: 'B.',
      hint: 'Do it: one; two;',
      docs: 'docs/errors.md#sse_buffered',
      fix: { title: 'Do it' },
      at: '1970-01-01T00:00:00.000Z',
    })
  })

  it('is good with warnings', () => {
    const stages = [{ stage: 'dns' as const, status: 'warn' as const, ms: 1, detail: 'A.' }]
    expect(verdictOf({ url: aim.origin, at: 0, ms: 1, latencyMs: null, stages })).toEqual({
      ok: true,
      url: aim.origin,
      vantage: 'self',
      at: '1970-01-01T00:00:00.000Z',
      ms: 1,
      latencyMs: null,
      stages,
    })
  })

  it('has a hint where there is something to do', () => {
    expect(errorOf({ code: 'TIMEOUT', detail: 'X.' })).toEqual({ code: 'TIMEOUT', message: 'X.', docs: 'docs/errors.md#timeout' })
    expect(errorOf({ code: 'TIMEOUT', detail: 'X.', fix: { title: 'Wait' } })).toMatchObject({ hint: 'Wait.' })
  })
})
