import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { frpcEvent } from '../../../src/lib/binaries/frpc-log.ts'
import { cleanText } from '../../../src/lib/protocol/outside-text.ts'
import { root } from '../../support/build.ts'

const folder = join(root, 'test/fixtures/frpc')
const linesOf = (name: string): string[] =>
  readFileSync(join(folder, `${name}.txt`), 'utf8')
    .trim()
    .split('\n')

/** `kind (word): reason` of every event in order. */
function told(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const event = frpcEvent(line)
    if (event === null) return []
    const { kind, word, reason } = event
    return [`${kind}${word === null ? '' : ` (${word})`}${reason === '' ? '' : `: ${reason}`}`]
  })
}

const recorded: [string, string[]][] = [
  [
    'heartbeat-timeout',
    [
      'connecting',
      'logged-in',
      'serving',
      'lost: heartbeat timeout',
      'connecting',
      'unreachable: i/o deadline reached',
      'connecting',
      'logged-in',
      'proxy-refused: proxy [gw-test] already exists',
    ],
  ],
  ['login-auth', ['connecting', 'login-refused (auth): xopc:auth the lease ended']],
  ['login-busy', ['connecting', 'login-refused (busy): xopc:busy an older connection is still there']],
  ['login-other-token', ['connecting', "login-refused: token in login doesn't match token from configuration"]],
  ['login-other', ['connecting', 'login-refused: something else']],
  ['login-refused', ['connecting', 'login-refused (refused): xopc:refused not your name']],
  ['no-frp-server', ['connecting', 'unreachable: Invalid protocol version: 72', 'cut-off: session shutdown']],
  ['no-such-host', ['connecting', 'unreachable: dial tcp: lookup no-such-host.invalid on 192.0.2.53:53: no such host']],
  ['ping-auth', ['connecting', 'logged-in', 'serving', 'lost (auth): xopc:auth the lease ended', 'connecting']],
  ['proxy-auth', ['connecting', 'logged-in', 'proxy-refused (auth): xopc:auth the lease ended']],
  ['proxy-busy', ['connecting', 'logged-in', 'proxy-refused (busy): xopc:busy an older connection is still there']],
  ['proxy-exists', ['connecting', 'logged-in', 'proxy-refused: proxy [gw-test] already exists']],
  ['proxy-name-taken', ['connecting', 'logged-in', 'proxy-refused: router config conflict']],
  ['proxy-refused', ['connecting', 'logged-in', 'proxy-refused (refused): xopc:refused not your name']],
  ['server-down', ['connecting', 'unreachable: dial tcp 127.0.0.1:22968: connect: connection refused']],
  ['server-hangs-up-tls', ['connecting', 'lost: EOF', 'cut-off: EOF']],
  ['server-hangs-up', ['connecting', 'cut-off: EOF']],
  [
    'server-killed',
    [
      'connecting',
      'logged-in',
      'serving',
      'local: dial unix /tmp/xopc-t-RNJAX0/gw.sock: connect: no such file or directory',
      'connecting',
      'unreachable: dial tcp 127.0.0.1:26316: connect: connection refused',
      'connecting',
      'logged-in',
      'serving',
    ],
  ],
  [
    'server-silent-tls',
    [
      'connecting',
      'lost: read tcp 127.0.0.1:44318->127.0.0.1:41173: use of closed network connection',
      'unreachable: connection write timeout',
    ],
  ],
  ['server-silent', ['connecting', 'unreachable: i/o deadline reached']],
  ['server-without-tls', ['connecting', 'tls: tls: first record does not look like a TLS handshake', 'cut-off: session shutdown']],
  [
    'tls-expired',
    [
      'connecting',
      'tls: tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-11-30T19:00:21Z is after 2026-11-19T05:13:41Z',
      'tls: tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-11-30T19:00:21Z is after 2026-11-19T05:13:41Z',
      'tls: tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-11-30T19:00:21Z is after 2026-11-19T05:13:41Z',
    ],
  ],
  ['tls-good', ['connecting', 'logged-in', 'serving']],
  [
    'tls-made-up-by-frps',
    [
      'connecting',
      "tls: tls: failed to verify certificate: x509: cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs",
      "tls: tls: failed to verify certificate: x509: cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs",
      'cut-off: session shutdown',
    ],
  ],
  ['tls-no-file-of-authorities', ['connecting', 'tls: open /nonexistent/x.pem: no such file or directory']],
  [
    'tls-other-authority',
    [
      'connecting',
      'tls: tls: failed to verify certificate: x509: certificate signed by unknown authority (possibly because of "x509: ECDSA verification failure" while trying to verify candidate authority certificate "xopc test root")',
      'tls: tls: failed to verify certificate: x509: certificate signed by unknown authority (possibly because of "x509: ECDSA verification failure" while trying to verify candidate authority certificate "xopc test root")',
      'cut-off: session shutdown',
    ],
  ],
  [
    'tls-other-name',
    [
      'connecting',
      "tls: tls: failed to verify certificate: x509: cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs",
      "tls: tls: failed to verify certificate: x509: cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs",
      'cut-off: session shutdown',
    ],
  ],
  [
    'tls-self-signed',
    ['connecting', 'tls: tls: failed to verify certificate: x509: certificate signed by unknown authority', 'cut-off: session shutdown'],
  ],
  ['work-refused', ['connecting', 'logged-in', 'serving']],
]

describe('what frpc says', () => {
  it.each(recorded)('%s', (name, events) => expect(told(linesOf(name))).toEqual(events))

  it('is told of every recording', () => {
    const files = readdirSync(folder).flatMap((name) => (name.endsWith('.txt') ? [name.slice(0, -4)] : []))
    expect(recorded.map(([name]) => name).toSorted()).toEqual(files.toSorted())
  })

  it.each(recorded)('%s, cleaned for a terminal, means the same', (name, events) => {
    const kinds = (some: readonly string[]) => some.map((event) => event.split(':')[0])
    expect(kinds(told(linesOf(name).map((line) => cleanText(line, 300))))).toEqual(kinds(events))
  })

  it.each([
    ['', 'nothing'],
    ['login to the server failed: EOF. With loginFailExit enabled, no additional retries will be attempted', 'what another line said'],
    ['start proxy success', 'a line without its prefix'],
    ['2026-11-30 19:00:02.000 [I] [client/control.go:174] [0123456789abcdef] [gw] closed', 'a line that is not known'],
  ])('%j is no event: %s', (line) => expect(frpcEvent(line)).toBeNull())

  it('a word counts only in front, and as a whole', () => {
    const refused = (reason: string) => frpcEvent(`2026-11-30 19:00:02.000 [W] [client/service.go:323] connect to server error: ${reason}`)
    expect(refused('xopc:auth no')).toEqual({ kind: 'login-refused', word: 'auth', reason: 'xopc:auth no' })
    expect(refused('xopc:authority')).toEqual({ kind: 'login-refused', word: null, reason: 'xopc:authority' })
    expect(refused('no xopc:auth')).toEqual({ kind: 'login-refused', word: null, reason: 'no xopc:auth' })
  })
})
