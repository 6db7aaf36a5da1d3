import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { tempFolder } from '../../support/cleanup.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { run } from '../../support/run.ts'
import { type Sshd, type SshdOptions, startSshd } from '../../support/sshd.ts'
import { errorIn } from '../cli/house.ts'
import { type FarSide, laptopWith, startFarSide } from './far-side.ts'

// Servers that refuse something, and accounts that are not made for people. Wherever ssh leads to the port, the gateway there is the same.
needsPeer(['sshd', 'own-hosts'], 'remote mode', (sshdPath) => {
  let far = undefined as never as FarSide
  beforeAll(async () => {
    far = await startFarSide(sshdPath)
  })

  /** Another sshd before the same gateway. */
  async function serverWith(config: readonly string[], more: { shell?: string; home?: string } = {}): Promise<Sshd> {
    const login: SshdOptions['login'] = { home: more.home ?? far.home, ...(more.shell === undefined ? {} : { shell: more.shell }) }
    return await startSshd(sshdPath, { config, login })
  }

  describe('says what keeps ssh from the gateway, and saves nothing', () => {
    it.each<[what: string, code: string, server: () => Promise<Pick<Sshd, 'ssh' | 'target'>>]>([
      [
        'a host that is not known',
        'SSH_HOST_KEY_UNKNOWN',
        async () => {
          const sshd = await serverWith([])
          await rm(join(sshd.folder, 'known_hosts'))
          return sshd
        },
      ],
      [
        'a host with another key than before',
        'SSH_HOST_KEY_CHANGED',
        async () => {
          const sshd = await serverWith([])
          await sshd.stop()
          await sshd.restart({ newHostKey: true })
          return sshd
        },
      ],
      [
        'a key with a passphrase, and no agent',
        'SSH_AUTH_FAILED',
        async () => {
          const sshd = await serverWith([])
          await run(['ssh-keygen', '-q', '-p', '-N', 'a long passphrase', '-f', join(sshd.folder, 'user')])
          return sshd
        },
      ],
      [
        'a server that asks for a second factor',
        'SSH_AUTH_FAILED',
        async () => await serverWith(['KbdInteractiveAuthentication yes', 'AuthenticationMethods publickey,keyboard-interactive']),
      ],
      ['a server that forwards nothing', 'SSH_FORWARDING_FORBIDDEN', async () => await serverWith(['DisableForwarding yes'])],
      // sshd takes it for sockets, too, whatever AllowStreamLocalForwarding says.
      ['a server that forwards no ports', 'SSH_FORWARDING_FORBIDDEN', async () => await serverWith(['AllowTcpForwarding no'])],
      ['no ssh', 'SSH_MISSING', async () => ({ ...far.sshd, ssh: '/nonexistent' })],
      ['an ssh that is too old', 'SSH_TOO_OLD', async () => ({ ...far.sshd, ssh: await script('echo OpenSSH_6.6p1 >&2') })],
      ['a name that leads nowhere', 'SSH_HOST_NOT_FOUND', async () => ({ ...far.sshd, target: 'nobody@nowhere.invalid' })],
      ['a port where nobody takes ssh', 'SSH_NO_CONNECTION', async () => ({ ...far.sshd, target: `root@127.0.0.1:${await freePort()}` })],
    ])('%s: %s', async (_, code, server) => {
      const { ssh, target } = await server()
      const laptop = await laptopWith({ ssh })
      for (const args of [
        ['remote', 'use', `ssh://${target}`],
        ['status', '--url', `ssh://${target}`],
      ]) {
        const ran = await laptop.xopc([...args, '--json'])
        expect([ran.code, errorIn(ran.stdout).code], ran.stdout).toEqual([1, code])
      }
      expect(await laptop.json(['remote', 'status'])).toMatchObject({ mode: 'local' })
      expect(await laptop.masters()).toHaveLength(code === 'SSH_FORWARDING_FORBIDDEN' ? 1 : 0)
    })
  })

  describe('goes to the port with a token where the owner’s socket is not reached', () => {
    it.each<[what: string, server: () => Promise<Sshd>]>([
      ['sockets are not forwarded', async () => await serverWith(['AllowStreamLocalForwarding no'])],
      ['the account has no shell', async () => await serverWith([], { shell: '/usr/sbin/nologin' })],
      ['the account runs something else', async () => await serverWith(['ForceCommand echo "Welcome {guest}: {}"; echo no >&2; exit 3'])],
      ['the gateway keeps its state elsewhere', async () => await serverWith([], { home: await tempFolder() })],
    ])('%s', async (_, server) => {
      const sshd = await server()
      const laptop = await laptopWith(sshd)
      const use = ['remote', 'use', `ssh://${sshd.target}`, '--remote-port', String(far.gateway.port), '--json']
      const without = await laptop.xopc(use)
      expect([without.code, errorIn(without.stdout).code]).toEqual([1, 'TOKEN_NEEDED'])
      const wrong = await laptop.xopc([...use, '--stdin'], { input: 'f'.repeat(48) })
      expect([wrong.code, errorIn(wrong.stdout).code]).toEqual([1, 'REMOTE_TOKEN_REFUSED'])
      const used = await laptop.xopc([...use, '--stdin'], { input: `${far.gateway.token}\n` })
      expect(used.code, used.stdout).toBe(0)
      expect(used.stdout + used.stderr).not.toContain(far.gateway.token)
      expect(await laptop.json(['gateway', 'status'])).toMatchObject({ pid: far.gateway.pid })
    })
  })

  describe('finds the owner’s socket', () => {
    it.each<[what: string, server: () => Promise<Sshd>]>([
      [
        'where a script of the login says something before and after',
        async () => {
          const home = await tempFolder()
          await run(['cp', '-r', join(far.home, '.xopc'), home])
          await writeFile(join(home, '.bashrc'), 'echo "Welcome, you have 3 mails."\ntrap "echo Bye." EXIT\n')
          return await serverWith([], { home, shell: '/bin/bash' })
        },
      ],
      ['behind another host, as the configuration of ssh says', async () => await behindJump()],
    ])('%s', async (_, server) => {
      const sshd = await server()
      const laptop = await laptopWith(sshd)
      await laptop.use(sshd.target)
      expect(await laptop.json(['gateway', 'status'])).toMatchObject({ pid: far.gateway.pid })
      expect(await laptop.json(['remote', 'status'])).toMatchObject({ reached: true })
    })

    it('on the port that was named, and nothing on another one', async () => {
      const laptop = await laptopWith(far.sshd)
      const [right, wrong] = [String(far.gateway.port), String(await freePort())]
      const missed = await laptop.xopc(['remote', 'use', `ssh://${far.sshd.target}`, '--remote-port', wrong, '--json'])
      expect(errorIn(missed.stdout)).toMatchObject({ code: 'REMOTE_GATEWAY_NOT_RUNNING', message: expect.stringContaining(wrong) })
      await laptop.use(far.sshd.target, '--remote-port', right)
      expect(await laptop.json(['gateway', 'status'])).toMatchObject({ pid: far.gateway.pid })
    })

    async function behindJump(): Promise<Sshd> {
      const [jump, end] = await Promise.all([startSshd(sshdPath), serverWith([])])
      const known = `UserKnownHostsFile ${join(jump.folder, 'known_hosts')} ${join(end.folder, 'known_hosts')}`
      await jump.configure(
        'Host home',
        'HostName 127.0.0.1',
        `Port ${end.port}`,
        `ProxyJump ${jump.target}`,
        `IdentityFile ${join(end.folder, 'user')}`,
        'Host *',
        known,
      )
      return { ...jump, target: 'home' }
    }
  })

  describe('believes nothing of what the other computer says of its gateway', () => {
    const lock = { url: 'http://127.0.0.1:18799', socket: '/tmp/no-such/control.sock', pid: 1, version: '1', apiLevel: 1 }
    it.each<[what: string, text: (marker: string) => string]>([
      ['a socket whose path is relative', () => JSON.stringify({ ...lock, socket: '-oProxyCommand=odd' })],
      ['a socket with a command behind it', (marker) => JSON.stringify({ ...lock, socket: `/tmp/odd;touch ${marker}` })],
      ['a socket with a command in it', (marker) => JSON.stringify({ ...lock, socket: `/tmp/odd$(touch ${marker})` })],
      ['a socket of several lines', (marker) => JSON.stringify({ ...lock, socket: `/tmp/odd\n-oProxyCommand=touch ${marker}` })],
      ['a socket that ssh would read as another place', () => JSON.stringify({ ...lock, socket: '/tmp/odd:10.0.0.1:22' })],
      ['an address elsewhere', () => JSON.stringify({ ...lock, url: 'http://odd.example:18799' })],
      ['an address of another kind', () => JSON.stringify({ ...lock, url: 'https://odd.example' })],
      ['no JSON', () => '{{{odd'],
      ['more than any file', () => `{"odd":"${'x'.repeat(3_000_000)}"}`],
    ])('%s', async (_, text) => {
      const [home, folder] = [await tempFolder(), await tempFolder()]
      const marker = join(folder, 'ran')
      await mkdir(join(home, '.xopc/run'), { recursive: true, mode: 0o700 })
      await writeFile(join(home, '.xopc/run/gateway.json'), text(marker))
      const sshd = await serverWith([], { home })
      const said = join(folder, 'said')
      const laptop = await laptopWith({ ssh: await script(`printf '%s\\n' "$@" >> ${said}; exec ${sshd.ssh} "$@"`) })
      const ran = await laptop.xopc(['status', '--url', `ssh://${sshd.target}`, '--json'])
      expect([ran.code, errorIn(ran.stdout).code]).toEqual([1, 'REMOTE_GATEWAY_NOT_RUNNING'])
      expect(ran.stdout.length).toBeLessThan(2000)
      expect(await readFile(said, 'utf8')).not.toMatch(/odd|10\.0\.0\.1/)
      await expect(readFile(marker)).rejects.toThrow()
    })
  })

  /** A program of one line in place of ssh. */
  async function script(line: string): Promise<string> {
    const path = join(await tempFolder(), 'ssh')
    await writeFile(path, `#!/bin/sh\n${line}\n`)
    await chmod(path, 0o755)
    return path
  }
})
