import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { failureOf, noConnection, stateFaultIn } from '../../../src/lib/binaries/tailscale-faults.ts'
import { consentIn, serveArgs, serveConfigIn, serveOffArgs } from '../../../src/lib/binaries/tailscale-serve.ts'
import { statusIn } from '../../../src/lib/binaries/tailscale-status.ts'
import { personIn } from '../../../src/lib/binaries/tailscale-whois.ts'
import { root } from '../../support/build.ts'

/** What the real program printed. */
const said = (name: string): string => readFileSync(join(root, 'test/fixtures/tailscale', name), 'utf8')

describe('the status of Tailscale', () => {
  it('names the computer, its addresses and what the tailnet allows', () => {
    expect(statusIn(said('status-running.json'))).toMatchObject({
      version: '1.102.5',
      state: 'Running',
      authUrl: null,
      name: 'node-a.xopc-test.ts.net',
      addresses: [expect.stringMatching(/^100\./), expect.stringMatching(/^fd7a:/)],
      certDomains: ['node-a.xopc-test.ts.net'],
      https: true,
      funnel: true,
      funnelPorts: [443, 8443, 10_000],
    })
  })

  it.each([
    ['status-https-off.json', { state: 'Running', https: false }],
    ['status-funnel-off.json', { state: 'Running', https: true, funnel: false, funnelPorts: [] }],
    ['status-never-joined.json', { state: 'NeedsLogin', authUrl: null }],
    ['status-needs-login.json', { state: 'NeedsLogin', authUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/auth\//) }],
    ['status-needs-approval.json', { state: 'NeedsMachineAuth' }],
    ['status-logged-out.json', { state: 'NeedsLogin' }],
    ['status-expired.json', { state: 'NeedsLogin', authUrl: null }],
    ['status-stopped.json', { state: 'Stopped' }],
  ])('%s', (name, expected) => expect(statusIn(said(name))).toMatchObject(expected))

  it('is read behind what a program wrote before it', () => {
    expect(statusIn(`Warning: client version "1.102.5" != tailscaled\n{ not this one }\n${said('status-running.json')}`)?.state).toBe(
      'Running',
    )
  })

  it.each([
    '',
    'null',
    '{}',
    '[]',
    '{"Version":"1.102.5"}',
    '{"Version":"1.102.5","BackendState":"Dancing"}',
    '{"Version":1}',
    said('serve-done.txt'),
  ])('is none: %j', (text) => expect(statusIn(text)).toBe(null))

  it.each(['javascript:alert(1)', 'https://a.example/\u001b[31m', `https://a.example/${'x'.repeat(600)}`, 7])(
    'takes no sign-in page that is none: %j',
    (AuthURL) => expect(statusIn(JSON.stringify({ Version: '1.60.0', BackendState: 'NeedsLogin', AuthURL }))?.authUrl).toBe(null),
  )

  it.each(['', 'nowhere', 'a b.ts.net', '.ts.net', 'x'.repeat(3), 7])('takes no name that is none: %j', (DNSName) =>
    expect(statusIn(JSON.stringify({ Version: '1.60.0', BackendState: 'Running', Self: { DNSName } }))?.name).toBe(null),
  )
})

describe('what a node serves', () => {
  it.each(['serve-status-empty.json', 'serve-status-never-joined.json'])('%s is nothing', (name) =>
    expect(serveConfigIn(said(name))).toEqual({ entries: [] }),
  )

  it('is nothing where Tailscale says null', () => expect(serveConfigIn('null\n')).toEqual({ entries: [] }))

  it('is ours, on a port of the network or a socket', () => {
    const ours = { port: 443, host: 'node-a.xopc-test.ts.net', mount: '/', funnel: false, foreground: false }
    expect(serveConfigIn(said('serve-status-ours.json'))?.entries).toEqual([{ ...ours, target: 'http://127.0.0.1:18791' }])
    expect(serveConfigIn(said('serve-status-ours-unix.json'))?.entries).toEqual([{ ...ours, target: expect.stringMatching(/^unix:\//) }])
  })

  it('has every other entry beside ours', () => {
    const mounts = serveConfigIn(said('serve-status-foreign-mount.json'))?.entries.map(({ port, mount }) => [port, mount])
    expect(mounts).toEqual(expect.arrayContaining([[443, '/']]))
    expect(mounts?.length).toBeGreaterThan(1)
    expect(serveConfigIn(said('serve-status-foreign-tcp.json'))?.entries).toContainEqual(
      expect.objectContaining({ host: null, mount: null }),
    )
    expect(serveConfigIn(said('serve-status-foreground.json'))?.entries).toContainEqual(expect.objectContaining({ foreground: true }))
    expect(serveConfigIn(said('serve-status-funnel.json'))?.entries).toContainEqual(expect.objectContaining({ funnel: true, port: 443 }))
  })

  it.each(['', 'nothing', said('serve-status-no-daemon.txt')])('is not known from %j', (text) => expect(serveConfigIn(text)).toBe(null))
})

describe('what has to be allowed first', () => {
  it.each([
    ['serve-not-enabled.txt', { feature: 'https', url: 'https://login.tailscale.com/f/serve?node=test' }],
    ['funnel-not-enabled.txt', { feature: 'funnel', url: 'https://login.tailscale.com/f/funnel?node=test' }],
    ['serve-done.txt', null],
    ['serve-removes-funnel.txt', null],
  ])('%s', (name, expected) => expect(consentIn(said(name))).toEqual(expected))
})

describe('what went wrong', () => {
  it.each([
    ['serve-denied.txt', 'TAILSCALE_NOT_OPERATOR'],
    ['serve-unix-as-operator.txt', 'TAILSCALE_SOCKET_REFUSED'],
    ['serve-no-daemon.txt', 'TAILSCALE_NOT_RUNNING'],
    ['serve-status-no-daemon.txt', 'TAILSCALE_NOT_RUNNING'],
    ['status-no-daemon.txt', 'TAILSCALE_NOT_RUNNING'],
    ['status-other-daemon.txt', 'TAILSCALE_NOT_RUNNING'],
    ['serve-logged-out.txt', 'TAILSCALE_LOGGED_OUT'],
    ['serve-never-joined.txt', 'TAILSCALE_LOGGED_OUT'],
    ['serve-stopped.txt', 'TAILSCALE_STOPPED'],
    ['serve-needs-approval.txt', 'TAILSCALE_NEEDS_APPROVAL'],
    ['serve-beside-foreground.txt', 'TAILSCALE_PORT_TAKEN'],
    ['serve-tcp-on-a-web-port.txt', 'TAILSCALE_PORT_TAKEN'],
    ['serve-web-on-a-tcp-port.txt', 'TAILSCALE_PORT_TAKEN'],
    ['serve-off-no-such-mount.txt', 'TAILSCALE_NOT_SERVED'],
    ['serve-off-no-such-port.txt', 'TAILSCALE_NOT_SERVED'],
  ])('%s is %s', (name, code) => expect(failureOf(said(name), ['serve']).code).toBe(code))

  it('that is not known is quoted', () => {
    expect(failureOf('\nboom \u001b[31m red\nmore', ['serve', 'status'])).toMatchObject({
      code: 'TAILSCALE_STRANGE',
      message: expect.stringMatching(/`tailscale serve status`.*boom/),
    })
  })
})

describe('who an address belongs to', () => {
  const user = { login: 'user-2@fake-control.example.net', name: 'User 2', tagged: false }

  it.each([
    ['whois-user.json', user],
    ['whois-tagged.json', { ...user, tagged: true }],
    ['whois-unknown.txt', null],
  ])('%s', (name, expected) => expect(personIn(said(name))).toEqual(expected))

  it('is nobody where Tailscale has no person for the node', () => {
    const profile = { LoginName: 'tagged-devices', DisplayName: 'Tagged Devices' }
    expect(personIn(JSON.stringify({ Node: {}, UserProfile: profile }))).toMatchObject({ tagged: true })
    expect(personIn(JSON.stringify({ UserProfile: profile }))).toMatchObject({ tagged: true })
  })

  it.each(['', 'null', '[]', '{}', '{"UserProfile":null}', '{"UserProfile":{"LoginName":""}}', '{"UserProfile":{"LoginName":7}}'])(
    'is not known from %j',
    (text) => expect(personIn(text)).toBe(null),
  )

  it.each(['alice\u200b@example.com', ' alice@example.com', 'alice@example.com\u202e', '\u001b[31malice@example.com'])(
    'is never a login that only looks like another: %j',
    (LoginName) => expect(personIn(JSON.stringify({ UserProfile: { LoginName } }))).toBe(null),
  )

  it('has a name that is safe to show', () => {
    expect(personIn(JSON.stringify({ UserProfile: { LoginName: 'a@b', DisplayName: '\u001b[31mA\nB' } }))).toEqual({
      login: 'a@b',
      name: 'A B',
      tagged: false,
    })
    expect(personIn('{"UserProfile":{"LoginName":"a@b","DisplayName":7}}')?.name).toBe('')
  })
})

describe('why `tailscale nc` made no connection', () => {
  it.each([
    [
      'Dial("a.ts.net", 4444): unexpected HTTP response: 502 Bad Gateway, dial failure: connect tcp 100.64.0.1:4444: connection was refused\n\n',
      'TAILSCALE_NO_CONNECTION',
      'Tailscale makes no connection to a.ts.net:4444: connect tcp 100.64.0.1:4444: connection was refused.',
    ],
    [
      'Dial("b.ts.net", 443): unexpected HTTP response: 502 Bad Gateway, resolve failure: lookup b.ts.net: no such host\n\n',
      'TAILSCALE_NO_CONNECTION',
      'Tailscale makes no connection to a.ts.net:4444: lookup b.ts.net: no such host.',
    ],
    ['', 'TAILSCALE_NO_CONNECTION', 'Tailscale makes no connection to a.ts.net:4444: it said nothing.'],
    [said('serve-no-daemon.txt'), 'TAILSCALE_NOT_RUNNING', 'Tailscale is installed, and its service does not run.'],
  ])('%j', (text, code, message) => expect(noConnection(text, 'a.ts.net:4444')).toMatchObject({ code, message }))

  it.each([
    ['Logged out.\n', 'TAILSCALE_LOGGED_OUT'],
    ['Logged out.\nLog in at: https://login.tailscale.com/a/1\n', 'TAILSCALE_LOGGED_OUT'],
    ['Tailscale is stopped.\n', 'TAILSCALE_STOPPED'],
    ['Machine is not yet approved by tailnet admin.\n', 'TAILSCALE_NEEDS_APPROVAL'],
    ['unexpected state: NoState\n', 'TAILSCALE_NO_CONNECTION'],
  ])('is said where its bytes would be: %j', (first, code) => expect(stateFaultIn(first, 'a.ts.net:443')?.code).toBe(code))

  it.each(['HTTP/1.1 200 OK\r\n\r\nTailscale is stopped.', '\u0016\u0003\u0003', 'SSH-2.0-OpenSSH_9.2', ''])(
    'is not what a connection carries: %j',
    (first) => expect(stateFaultIn(first, 'a.ts.net:443')).toBe(null),
  )
})

describe('what is typed', () => {
  it('owns one path of one port, and never resets', () => {
    const wish = { mode: 'serve', port: 8443, target: 'http://127.0.0.1:18791' } as const
    expect(serveArgs(wish)).toEqual(['serve', '--bg', '--yes', '--https=8443', '--set-path=/', 'http://127.0.0.1:18791'])
    expect(serveOffArgs(wish)).toEqual(['serve', '--yes', '--https=8443', '--set-path=/', 'off'])
  })
})
