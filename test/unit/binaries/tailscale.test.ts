import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { failureOf } from '../../../src/lib/binaries/tailscale-faults.ts'
import { consentIn, serveArgs, serveConfigIn, serveOffArgs } from '../../../src/lib/binaries/tailscale-serve.ts'
import { statusIn } from '../../../src/lib/binaries/tailscale-status.ts'
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
    ['serve-unix-as-operator.txt', 'TAILSCALE_NOT_OPERATOR'],
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

describe('what is typed', () => {
  it('owns one path of one port, and never resets', () => {
    const wish = { mode: 'serve', port: 8443, target: 'http://127.0.0.1:18791' } as const
    expect(serveArgs(wish)).toEqual(['serve', '--bg', '--yes', '--https=8443', '--set-path=/', 'http://127.0.0.1:18791'])
    expect(serveOffArgs(wish)).toEqual(['serve', '--yes', '--https=8443', '--set-path=/', 'off'])
  })
})
