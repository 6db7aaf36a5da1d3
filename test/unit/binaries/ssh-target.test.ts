import { describe, expect, it } from 'vitest'
import { readSshTarget, sshTargetText, sshWords } from '../../../src/lib/binaries/ssh-target.ts'

describe('a target of ssh', () => {
  it.each([
    ['host', { user: null, host: 'host', port: null }, ['host']],
    ['anna@host', { user: 'anna', host: 'host', port: null }, ['anna@host']],
    ['anna@host:2222', { user: 'anna', host: 'host', port: 2222 }, ['-p', '2222', 'anna@host']],
    ['my_alias', { user: null, host: 'my_alias', port: null }, ['my_alias']],
    ['anna.b-c+d@home.example.com', { user: 'anna.b-c+d', host: 'home.example.com', port: null }, ['anna.b-c+d@home.example.com']],
    ['192.168.1.5:22', { user: null, host: '192.168.1.5', port: 22 }, ['-p', '22', '192.168.1.5']],
    ['anna@[::1]:22', { user: 'anna', host: '::1', port: 22 }, ['-p', '22', 'anna@::1']],
    ['fd7a::1', { user: null, host: 'fd7a::1', port: null }, ['fd7a::1']],
  ])('%s is read', (text, target, words) => {
    expect(readSshTarget(text)).toEqual(target)
    expect(sshTargetText(target)).toBe(text)
    expect(sshWords(target)).toEqual(words)
  })

  it('may be written as a URL', () => {
    expect(readSshTarget('ssh://anna@host:2222')).toEqual({ user: 'anna', host: 'host', port: 2222 })
    expect(readSshTarget('ssh://host/')).toEqual({ user: null, host: 'host', port: null })
  })

  it.each([
    '',
    ' ',
    '-oProxyCommand=touch x',
    '--',
    '-host',
    'anna@-oProxyCommand=x',
    '-l@host',
    'anna@',
    '@host',
    'a@b@host',
    'host name',
    'host\n',
    'ho\u0000st',
    'host;id',
    'host`id`',
    '$(id)',
    'host|id',
    'host&',
    '"host"',
    "ho'st",
    'host\\x',
    'höst',
    'host/path',
    'ssh://host/path',
    'http://host',
    'host:',
    'host:0',
    'host:65536',
    'host:22x',
    'host:022',
    'host:-1',
    '[::1',
    '[host]',
    '[::1]x',
    '[fe80::1%eth0]',
    '1::2::3',
    'ssh://',
    'ssh://-x',
    'host%h',
    '~host',
    'a'.repeat(255),
    `${'a'.repeat(65)}@host`,
  ])('%j is refused', (text) => {
    expect(() => readSshTarget(text)).toThrow(expect.objectContaining({ code: 'SSH_TARGET_INVALID', exit: 2 }))
  })
})
