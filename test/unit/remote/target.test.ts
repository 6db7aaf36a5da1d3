import { describe, expect, it } from 'vitest'
import {
  configuredTarget,
  nameOf,
  type Place,
  readPlace,
  type RemoteSettings,
  settingsFor,
  typedName,
} from '../../../src/lib/remote/target.ts'

const SECRET = 'quiet-lantern-orbit'

function refusal(act: () => unknown): { code: string; message: string } {
  try {
    act()
  } catch (error) {
    // `as`: what is thrown here is of our own making, or the test shows what it is.
    return error as { code: string; message: string }
  }
  throw new Error('it was taken')
}

describe('an address that a person types', () => {
  it.each([
    ['https://home.example.com', 'https://home.example.com'],
    ['https://home.example.com/', 'https://home.example.com'],
    ['HTTPS://Home.Example.COM:443', 'https://home.example.com'],
    ['https://home.example.com:8443', 'https://home.example.com:8443'],
    ['https://203.0.113.7', 'https://203.0.113.7'],
    ['https://[2001:db8::1]:8443', 'https://[2001:db8::1]:8443'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
    ['http://127.0.0.1:18790', 'http://127.0.0.1:18790'],
    ['http://localhost:18790', 'http://localhost:18790'],
    ['http://[::1]:18790', 'http://[::1]:18790'],
    ['http://gateway.localhost:8080', 'http://gateway.localhost:8080'],
    ['http://192.168.1.5:18790', 'http://192.168.1.5:18790'],
    ['http://10.0.0.7', 'http://10.0.0.7'],
    ['http://172.16.0.1', 'http://172.16.0.1'],
    ['http://100.64.0.1', 'http://100.64.0.1'],
    ['http://169.254.3.4', 'http://169.254.3.4'],
    ['http://[fd00::7]:18790', 'http://[fd00::7]:18790'],
    ['http://home.local:18790', 'http://home.local:18790'],
    ['http://2130706433', 'http://127.0.0.1'],
  ])('%s is %s', (text, origin) => {
    const place = readPlace(text, '--url')
    expect(place).toEqual({ kind: 'direct', origin })
    expect([nameOf(place), typedName(place)]).toEqual([origin, origin])
  })

  it.each([
    ['ssh://anna@host', { user: 'anna', host: 'host', port: null }, 'ssh:anna@host', 'ssh://anna@host'],
    ['ssh://anna@host:2222', { user: 'anna', host: 'host', port: 2222 }, 'ssh:anna@host:2222', 'ssh://anna@host:2222'],
    ['ssh://alias/', { user: null, host: 'alias', port: null }, 'ssh:alias', 'ssh://alias'],
    ['ssh://[fd00::7]:22', { user: null, host: 'fd00::7', port: 22 }, 'ssh:[fd00::7]:22', 'ssh://[fd00::7]:22'],
  ])('%s leads over ssh', (text, target, name, typed) => {
    const place = readPlace(text, '--url')
    expect(place).toEqual({ kind: 'ssh', target, identity: null, url: null })
    expect([nameOf(place), typedName(place)]).toEqual([name, typed])
    expect(readPlace(typedName(place), '--url')).toEqual(place)
  })

  const noUrl = ['', ' ', 'home.example.com', 'https://', 'https://ho st', 'https://host:99999', 'https://host\n', '\thttps://host']
  const strange = ['https://host\\path', 'https:\\\\host', 'https://ho\u0000st', 'https://host\u007f', '//host', '/host', 'https//host']
  it.each([...noUrl, ...strange])('%j cannot be read', (text) => {
    expect(refusal(() => readPlace(text, '--url'))).toMatchObject({
      code: 'REMOTE_URL_INVALID',
      message: expect.stringMatching(/^--url is no address of a gateway: .*It cannot be read as a URL\.$/),
    })
  })

  it.each([
    ['ftp://host', 'scheme'],
    ['ws://host', 'scheme'],
    ['wss://host', 'scheme'],
    ['file:///etc/passwd', 'scheme'],
    ['javascript:alert(1)', 'scheme'],
    ['unix:/run/socket', 'scheme'],
    ['localhost:18790', 'scheme'],
    ['xopc://gateway?baseUrl=https://host', 'scheme'],
    ['https://anna@host', 'user name or password'],
    [`https://anna:${SECRET}@host`, 'user name or password'],
    [`https://:${SECRET}@host`, 'user name or password'],
    [`https:anna:${SECRET}@host`, 'user name or password'],
    ['https:host', 'no host'],
    ['https://host:0', 'no host'],
    ['https://host/xopc', 'path'],
    ['https://host//', 'path'],
    ['https://host/%2e%2e/x', 'path'],
    ['https://host?', 'query or a fragment'],
    ['https://host/?token=1', 'query or a fragment'],
    ['https://host#', 'query or a fragment'],
    ['https://host/#code=1', 'query or a fragment'],
  ])('%s is refused for its %s', (text, why) => {
    const { code, message } = refusal(() => readPlace(text, 'XOPC_GATEWAY_URL'))
    expect(code).toBe('REMOTE_URL_INVALID')
    expect(message).toContain(why)
    expect(message).toMatch(/^XOPC_GATEWAY_URL is no address/)
  })

  it.each([
    'http://home.example.com',
    'http://home',
    'http://8.8.8.8',
    'http://[2001:db8::1]',
    'http://[::ffff:8.8.8.8]',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'http://10.0.0.1.nip.io',
    'http://home.local.example.com',
    'http://notlocal',
    'http://172.32.0.1',
    'http://100.128.0.1',
    'http://0.0.0.0:18790',
    'http://[::]:18790',
    'http://134744072',
  ])('%s is public, and plain http', (text) => {
    expect(refusal(() => readPlace(text, '--url')).code).toBe('INSECURE_URL')
  })

  it.each(['ssh://', 'ssh://-oProxyCommand=x', 'ssh://a b@host', 'ssh://host/path', 'ssh://host:0', 'ssh:host', 'SSH://host;id'])(
    '%s is no target of ssh',
    (text) => {
      expect(refusal(() => readPlace(text, '--url')).code).toBe('SSH_TARGET_INVALID')
    },
  )

  it.each([
    `https://anna:${SECRET}@host`,
    `https://${SECRET}@host`,
    `https:anna:${SECRET}@host`,
    `anna:${SECRET}@host`,
    `https://anna:${SECRET}/x@host`,
    `https://anna:${SECRET}@x@host`,
    `https://anna:${SECRET}#x?y@host`,
    `https:\\\\anna:${SECRET}@host`,
    `ftp://anna:${SECRET}@host`,
    `//anna:${SECRET}@host`,
    `https://anna:${SECRET}@ho st`,
    `https://anna:${SECRET}\n@host`,
    `https://host/?token=${SECRET}`,
    `https://host/xopc/pair#ps=${SECRET}`,
    `xopc://gateway?baseUrl=https://host&ps=${SECRET}`,
    `ssh://anna:${SECRET}@host`,
    `ssh://anna:${SECRET}@x@host`,
  ])('what is secret in %j is not shown', (text) => {
    const { code, message } = refusal(() => readPlace(text, '--url'))
    expect(code).toMatch(/^(REMOTE_URL_INVALID|SSH_TARGET_INVALID)$/)
    expect(message).not.toContain(SECRET)
    // What is said of it is about the right one all the same.
    expect(message).toContain(text.includes('gateway?') ? 'gateway' : 'st')
  })

  it('nothing of it moves the cursor or hides', () => {
    const { message } = refusal(() => readPlace('https://host/\u001b[2J\u202Ex', '--url'))
    // oxlint-disable-next-line no-control-regex
    expect(message).not.toMatch(/[\u0000-\u001f\u202e]/)
  })
})

describe('gateway.remote', () => {
  const direct = { url: 'https://home.example.com', transport: 'direct' } as const
  const ssh = { url: 'http://127.0.0.1:18790', transport: 'ssh', sshTarget: 'anna@host' } as const

  it.each<[string, RemoteSettings, object]>([
    ['a token', { ...direct, token: 't' }, { credential: 't', publicKey: null }],
    ['a password', { ...direct, password: 'p' }, { credential: 'p' }],
    ['both, of which the token counts', { ...direct, token: 't', password: 'p' }, { credential: 't' }],
    ['neither', direct, { credential: null }],
    ['a key', { ...direct, publicKey: 'k' }, { publicKey: 'k' }],
  ])('with %s', (_what, settings, expected) => {
    expect(configuredTarget(settings)).toMatchObject({
      place: { kind: 'direct', origin: direct.url },
      from: 'gateway.remote',
      ...expected,
    })
  })

  it('over ssh, with the gateway’s own address there', () => {
    expect(configuredTarget({ ...ssh, sshIdentity: '/k' }).place).toEqual({
      kind: 'ssh',
      target: { user: 'anna', host: 'host', port: null },
      identity: '/k',
      url: 'http://127.0.0.1:18790',
    })
  })

  it.each<[string, RemoteSettings, string]>([
    ['a url without a scheme', { ...direct, url: 'home' }, 'REMOTE_URL_INVALID'],
    ['plain http to a public name', { ...direct, url: 'http://home.example.com' }, 'INSECURE_URL'],
    ['ssh without a target', { ...direct, transport: 'ssh' }, 'REMOTE_URL_INVALID'],
    ['ssh with an address elsewhere', { ...ssh, url: 'http://10.0.0.7:18790' }, 'REMOTE_URL_INVALID'],
    ['ssh with https', { ...ssh, url: 'https://127.0.0.1:18790' }, 'REMOTE_URL_INVALID'],
    ['ssh with a target that is an option', { ...ssh, sshTarget: '-oProxyCommand=x' }, 'SSH_TARGET_INVALID'],
  ])('with %s is refused', (_what, settings, code) => {
    expect(refusal(() => configuredTarget(settings)).code).toBe(code)
  })

  it.each<[string, Place]>([
    ['an origin', { kind: 'direct', origin: 'https://home.example.com:8443' }],
    ['a port over ssh', { kind: 'ssh', target: { user: 'anna', host: 'host', port: 2222 }, identity: '/k', url: 'http://127.0.0.1:7777' }],
  ])('holds %s as it was used', (_what, place) => {
    const settings = settingsFor(place, { url: 'http://127.0.0.1:18790', credential: SECRET })
    expect(configuredTarget(settings)).toMatchObject({ place, credential: SECRET })
  })

  it('learns the port over ssh from the gateway, and holds no token where none was needed', () => {
    const place = readPlace('ssh://anna@host', '--url')
    const settings = settingsFor(place, { url: 'http://127.0.0.1:4321/', credential: null })
    expect(settings).toEqual({ url: 'http://127.0.0.1:4321', transport: 'ssh', sshTarget: 'anna@host' })
  })
})
