import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { tempFolder } from '../../support/cleanup.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { needsPeer } from '../../support/peers.ts'
import { freePort } from '../../support/ports.ts'
import { type Sshd, startSshd } from '../../support/sshd.ts'
import { misbehaving } from './far-ends.ts'
import { healthOf } from './health.ts'
import { type Running, startXopc } from '../cli/running.ts'

interface Ready {
  url: string
  gatewayId: string
  fingerprint: string
}

needsPeer('sshd', 'a tunnel through ssh', (sshdPath) => {
  let [sshd, gateway]: [Sshd, RunningGateway] = [undefined as never, undefined as never]
  beforeAll(async () => {
    ;[sshd, gateway] = await Promise.all([startSshd(sshdPath), startGateway()])
  })

  const target = () => sshd.target

  /** `xopc gateway ssh-tunnel` of a laptop that has nothing else. */
  async function tunnel(args: readonly string[], ssh = sshd.ssh): Promise<Running & { stateDir: string }> {
    const stateDir = await tempFolder()
    return { ...startXopc(['gateway', 'ssh-tunnel', ...args], { stateDir, env: { XOPC_SSH_PATH: ssh } }), stateDir }
  }

  async function readyOf(running: Running): Promise<Ready> {
    const [text] = await running.says(/\{[^]*?\n\}/)
    // `as`: the test's own subject, whose fields are compared below.
    return JSON.parse(text) as Ready
  }

  it('leads to the gateway that proved its key, and leaves nothing behind when Ctrl-C ends it', async () => {
    const running = await tunnel(['--target', target(), '--remote-port', String(gateway.port), '--json'])
    const ready = await readyOf(running)
    const status = (await (await gateway.fetch('/api/status')).json()) as Ready
    expect(ready).toMatchObject({ gatewayId: status.gatewayId, fingerprint: status.fingerprint })
    expect(ready.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(await (await fetch(`${ready.url}/health`)).json()).toMatchObject({ status: 'ok' })
    expect((await fetch(`${ready.url}/api/status`)).status).toBe(401)
    expect((await fetch(`${ready.url}/api/status`, { headers: { authorization: `Bearer ${gateway.token}` } })).status).toBe(200)
    running.kill('SIGINT')
    expect(await running.ended).toBe(0)
    await expect(fetch(`${ready.url}/health`)).rejects.toThrow()
    expect(await sockets(running.stateDir)).toEqual([])
    expect(await sshd.clients()).toEqual([])
  })

  it('takes the port that was asked for, and says which line of ssh would do the same', async () => {
    const port = await freePort()
    const args = ['--target', target(), '--remote-port', String(gateway.port), '--local-port', String(port)]
    const running = await tunnel(args)
    await running.says(new RegExp(`^http://127\\.0\\.0\\.1:${port}$`, 'm'))
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200)
    running.kill('SIGTERM')
    expect(await running.ended).toBe(0)
    const printed = await tunnel([...args, '--print'])
    expect(await printed.ended).toBe(0)
    expect(printed.stdout()).toBe(`ssh -N -L ${port}:127.0.0.1:${gateway.port} -p ${sshd.port} ${sshd.target.replace(/:\d+$/, '')}\n`)
  })

  it('takes a free port where its own is taken, and says so', async () => {
    // The far gateway is on this very computer, so its port is taken here.
    const running = await tunnel(['--target', target(), '--remote-port', String(gateway.port)])
    const [url] = await running.says(/^http:\/\/127\.0\.0\.1:\d+$/m)
    expect(new URL(url).port).not.toBe(String(gateway.port))
    await running.says(/it is another one here/)
    running.kill('SIGINT')
    await running.ended
  })

  it('leaves no ssh behind when it is killed', async () => {
    const running = await tunnel(['--target', target(), '--remote-port', String(gateway.port), '--json'])
    await readyOf(running)
    expect(await sshd.clients()).not.toEqual([])
    running.kill('SIGKILL')
    await running.ended
    await expect.poll(async () => await sshd.clients(), { timeout: 5000 }).toEqual([])
  })

  it('comes back by itself after the server was restarted', async () => {
    const own = await startSshd(sshdPath)
    const running = await tunnel(['--target', own.target, '--remote-port', String(gateway.port), '--json'], own.ssh)
    const { url } = await readyOf(running)
    await own.stop()
    await expect.poll(async () => await healthOf(url), { timeout: 10_000 }).toBe(0)
    await own.restart()
    await expect.poll(async () => await healthOf(url), { timeout: 5000 }).toBe(200)
    running.kill('SIGINT')
    expect(await running.ended).toBe(0)
  })

  it('ends with the reason where the host key changed meanwhile', async () => {
    const own = await startSshd(sshdPath)
    const running = await tunnel(['--target', own.target, '--remote-port', String(gateway.port)], own.ssh)
    await running.says(/^http:/m)
    await own.stop()
    await own.restart({ newHostKey: true })
    expect(await running.ended).toBe(1)
    expect(running.stderr()).toContain('SSH_HOST_KEY_CHANGED')
  })

  it('says that the gateway stopped, and that it is back', async () => {
    const far = await startGateway()
    const running = await tunnel(['--target', target(), '--remote-port', String(far.port)])
    await running.says(/^http:/m)
    await far.stop()
    await running.says(/no gateway runs there on port/)
    await startGateway({ stateDir: far.stateDir, config: { gateway: { port: far.port } } })
    await running.says(/The gateway answers\./)
    running.kill('SIGINT')
    expect(await running.ended).toBe(0)
  })

  describe('what does not work ends at once, with its cause and exit code 1', () => {
    it.each<[string, string, () => Promise<{ args: string[]; ssh?: string }>]>([
      [
        'no gateway there',
        'REMOTE_GATEWAY_NOT_RUNNING',
        async () => ({ args: ['--target', target(), '--remote-port', String(await freePort())] }),
      ],
      ['nobody takes ssh there', 'SSH_NO_CONNECTION', async () => ({ args: ['--target', `root@127.0.0.1:${await freePort()}`] })],
      ['a name that is none', 'SSH_HOST_NOT_FOUND', async () => ({ args: ['--target', 'root@nowhere.invalid'] })],
      ['a key that is not taken', 'SSH_AUTH_FAILED', async () => ({ args: ['--target', target()], ssh: (await strangerTo(sshd)).ssh })],
      ['a host that is not known', 'SSH_HOST_KEY_UNKNOWN', async () => await withoutKnownHost()],
      ['a host key that changed', 'SSH_HOST_KEY_CHANGED', async () => await withChangedKey()],
      ['forwarding forbidden', 'SSH_FORWARDING_FORBIDDEN', async () => await withoutForwarding()],
      ['a key file that is none', 'SSH_IDENTITY_MISSING', async () => ({ args: ['--target', target(), '--identity', '/nowhere/id'] })],
      ['a configuration that ssh does not take', 'SSH_CONFIG_INVALID', async () => await withBrokenConfig()],
      ['no ssh', 'SSH_MISSING', async () => ({ args: ['--target', target()], ssh: '/nowhere/ssh' })],
      ['a program that is no ssh', 'SSH_TOO_OLD', async () => ({ args: ['--target', target()], ssh: '/bin/true' })],
      ['a port that is taken', 'LOCAL_PORT_TAKEN', async () => ({ args: toGateway('--local-port', String(sshd.port)) })],
      [
        'something else at that port',
        'FAR_END_STRANGE',
        async () => ({ args: ['--target', target(), '--remote-port', String(await misbehaving('a web page'))] }),
      ],
      [
        'somebody who claims to be a gateway',
        'FAR_END_UNPROVEN',
        async () => ({ args: ['--target', target(), '--remote-port', String(await misbehaving('a false signature'))] }),
      ],
    ])('%s: %s', async (_, code, given) => {
      const { args, ssh } = await given()
      const running = await tunnel([...args, '--json'], ssh)
      expect(await running.ended, running.stdout()).toBe(1)
      expect(JSON.parse(running.stdout())).toMatchObject({ error: { code } })
      expect(await sockets(running.stateDir)).toEqual([])
    })

    const toGateway = (...more: string[]) => ['--target', target(), '--remote-port', String(gateway.port), ...more]

    async function strangerTo(other: Sshd): Promise<Sshd> {
      const stranger = await startSshd(sshdPath)
      await stranger.configure('Host *', `UserKnownHostsFile ${join(other.folder, 'known_hosts')}`)
      return stranger
    }
    async function withoutKnownHost() {
      const own = await startSshd(sshdPath)
      await rm(join(own.folder, 'known_hosts'))
      return { args: ['--target', own.target], ssh: own.ssh }
    }
    async function withChangedKey() {
      const own = await startSshd(sshdPath)
      await own.stop()
      await own.restart({ newHostKey: true })
      return { args: ['--target', own.target], ssh: own.ssh }
    }
    async function withoutForwarding() {
      const own = await startSshd(sshdPath, { config: ['AllowTcpForwarding no'] })
      return { args: ['--target', own.target, '--remote-port', String(gateway.port)], ssh: own.ssh }
    }
    async function withBrokenConfig() {
      const own = await startSshd(sshdPath)
      await own.configure('Nonsense yes')
      return { args: ['--target', own.target], ssh: own.ssh }
    }
  })

  it('goes over a jump host', async () => {
    const jump = await startSshd(sshdPath)
    // One known_hosts for both, as a person has.
    await jump.configure(
      'Host *',
      `IdentityFile ${join(sshd.folder, 'user')}`,
      `UserKnownHostsFile ${join(sshd.folder, 'known_hosts')} ${join(jump.folder, 'known_hosts')}`,
    )
    const over = ['--jump', jump.target]
    const running = await tunnel(['--target', target(), ...over, '--remote-port', String(gateway.port), '--json'], jump.ssh)
    const { url } = await readyOf(running)
    expect((await fetch(`${url}/health`)).status).toBe(200)
    running.kill('SIGINT')
    expect(await running.ended).toBe(0)
  })
})

async function sockets(stateDir: string): Promise<string[]> {
  return (await readdir(join(stateDir, 'run')).catch(() => [])).filter((name) => name.endsWith('.sock'))
}
