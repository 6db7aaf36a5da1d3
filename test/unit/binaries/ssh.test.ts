import { describe, expect, it } from 'vitest'
import { forwardArgs, forwardLine, isNewEnough, isPassing, refusalIn, sshFailure } from '../../../src/lib/binaries/ssh.ts'
import { readSshTarget } from '../../../src/lib/binaries/ssh-target.ts'

const target = readSshTarget('anna@host:2222')
const plain = { target, jump: [], identity: null, socket: '/run/x.sock', far: { port: 18_790 } }

describe('what ssh is started with', () => {
  it('ends with the target, behind the end of the options', () => {
    expect(forwardArgs(plain).slice(-6)).toEqual(['-L', '/run/x.sock:127.0.0.1:18790', '-p', '2222', '--', 'anna@host'])
  })

  it('never says which host keys to trust, and answers no question', () => {
    const words = forwardArgs({ ...plain, identity: '/k', jump: [readSshTarget('b@jump:22'), readSshTarget('[::1]:23')] })
    expect(words.join(' ')).not.toMatch(/StrictHostKeyChecking|UserKnownHostsFile|KnownHostsCommand|-F\b|ProxyCommand/)
    expect(words).toEqual(expect.arrayContaining(['BatchMode=yes', 'ExitOnForwardFailure=yes', '-i', '/k', '-J', 'b@jump:22,[::1]:23']))
  })

  it('can lead to a socket there', () => {
    expect(forwardArgs({ ...plain, far: { socket: '/home/anna/.xopc/run/control.sock' } })).toContain(
      '/run/x.sock:/home/anna/.xopc/run/control.sock',
    )
  })

  it.each([
    [{}, 'ssh -N -L 8080:127.0.0.1:18790 -p 2222 anna@host'],
    [{ identity: '~/.ssh/id' }, 'ssh -N -i ~/.ssh/id -L 8080:127.0.0.1:18790 -p 2222 anna@host'],
    [{ identity: "/my key's" }, `ssh -N -i '/my key'\\''s' -L 8080:127.0.0.1:18790 -p 2222 anna@host`],
    [{ jump: [readSshTarget('jump')] }, 'ssh -N -J jump -L 8080:127.0.0.1:18790 -p 2222 anna@host'],
  ])('%j is typed as %s', (change, line) => {
    expect(forwardLine({ ...plain, ...change, localPort: 8080, remotePort: 18_790 })).toBe(line)
  })
})

describe('the version', () => {
  it.each([
    ['OpenSSH_9.2p1 Debian-2+deb12u6, OpenSSL 3.0.16 11 Feb 2025', true],
    ['OpenSSH_10.0p2, LibreSSL 3.3.6', true],
    ['OpenSSH_7.6p1, OpenSSL 1.0.2', true],
    ['OpenSSH_for_Windows_9.5p1, LibreSSL 3.8.2', true],
    ['OpenSSH_7.4p1 Debian-10', false],
    ['OpenSSH_6.7p1', false],
    ['Dropbear v2022.83', false],
    ['', false],
  ])('%s', (said, enough) => expect(isNewEnough(said)).toBe(enough))
})

describe('why ssh ended (recorded from OpenSSH 9.2)', () => {
  it.each([
    [['ssh: connect to host 127.0.0.1 port 1: Connection refused'], 'SSH_NO_CONNECTION', true],
    [['ssh: connect to host 10.0.0.9 port 22: No route to host'], 'SSH_NO_CONNECTION', true],
    [['ssh: connect to host 10.0.0.9 port 22: Network is unreachable'], 'SSH_NO_CONNECTION', true],
    [['ssh: connect to host 10.0.0.9 port 22: Connection timed out'], 'SSH_NO_CONNECTION', true],
    [['kex_exchange_identification: Connection closed by remote host', 'Connection closed by 127.0.0.1 port 22'], 'SSH_LOST', true],
    [['ssh: Could not resolve hostname nowhere: Name or service not known'], 'SSH_HOST_NOT_FOUND', true],
    [['root@127.0.0.1: Permission denied (publickey).'], 'SSH_AUTH_FAILED', false],
    [['Received disconnect from 127.0.0.1 port 22:2: Too many authentication failures', 'Disconnected'], 'SSH_AUTH_FAILED', false],
    [
      ['No ED25519 host key is known for [127.0.0.1]:2222 and you have requested strict checking.', 'Host key verification failed.'],
      'SSH_HOST_KEY_UNKNOWN',
      false,
    ],
    [
      [
        '@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @',
        'It is also possible that a host key has just been changed.',
        'Host key verification failed.',
      ],
      'SSH_HOST_KEY_CHANGED',
      false,
    ],
    [
      ['/home/a/.ssh/config: line 1: Bad configuration option: nonsense', '/home/a/.ssh/config: terminating, 1 bad configuration options'],
      'SSH_CONFIG_INVALID',
      false,
    ],
    [['Bad owner or permissions on /home/a/.ssh/config'], 'SSH_CONFIG_INVALID', false],
    [
      ['bind [127.0.0.1]:9000: Address already in use', 'channel_setup_fwd_listener_tcpip: cannot listen to port: 9000'],
      'SSH_CONFIG_INVALID',
      false,
    ],
    [['Timeout, server 127.0.0.1 not responding.'], 'SSH_LOST', true],
    [['Connection to 127.0.0.1 closed by remote host.'], 'SSH_LOST', true],
    [['client_loop: send disconnect: Broken pipe'], 'SSH_LOST', true],
    [['something new'], 'SSH_FAILED', true],
    [[], 'SSH_FAILED', true],
  ])('%j: %s', (lines, code, passing) => {
    const error = sshFailure(target, lines)
    expect([error.code, isPassing(error)]).toEqual([code, passing])
    expect(`${error.message} ${error.hint}`).not.toMatch(/undefined|\{\w+\}/)
  })

  it('is told by what the server says of one connection', () => {
    expect(refusalIn('channel 1: open failed: connect failed: Connection refused')).toBe('nobody-listens')
    expect(refusalIn('channel 2: open failed: administratively prohibited: open failed')).toBe('forbidden')
    expect(refusalIn('Connection to host closed.')).toBeNull()
  })
})
