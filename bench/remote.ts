import { spawnSync } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { figure } from './figure.ts'
import { gatewayProgram, launcher, xopcEnv } from './gateway.ts'
import { interleave, median, timeNode } from './measure.ts'
import { findPeer } from './peers.ts'
import { freePort } from './servers.ts'
import type { Row } from './table.ts'

const ROUNDS = 15

await figure(`A command on a far gateway by ssh, whole command; median of ${ROUNDS}, interleaved`, async (bench) => {
  const sshd = findPeer('sshd')
  if (sshd === null) {
    bench.missing('sshd is not installed: test/peers/install sshd')
    return []
  }
  const gateway = await gatewayProgram(bench.folder, 'far')
  await bench.start(gateway)
  const { target, ssh, config } = await server(bench.folder)
  startSshd(sshd.path, config)
  const env = { ...xopcEnv(bench.folder, 'laptop'), XOPC_SSH_PATH: ssh }
  const use = spawnSync(
    process.execPath,
    [launcher, 'remote', 'use', `ssh://${target}`, '--remote-port', new URL(gateway.origin).port, '--stdin'],
    {
      env,
      input: gateway.token,
      encoding: 'utf8',
    },
  )
  if (use.status !== 0) throw new Error(use.stderr)
  const status = (): number => timeNode([launcher, 'status', '--json'], env, /"gatewayId"/)
  const run = join(bench.folder, 'laptop', 'run')
  const hangUp = (): void => {
    for (const name of readdirSync(run).filter((each) => each.startsWith('s-')))
      spawnSync(ssh, ['-O', 'exit', '-o', `ControlPath=${join(run, name)}`, ...words(target)])
  }
  const plain = (): number => timeProgram(ssh, ['-o', 'ControlPath=none', ...words(target), 'true'])
  const { first, shared, login } = await interleave(
    { rounds: ROUNDS, warmUp: 2 },
    {
      first: () => {
        hangUp()
        return status()
      },
      shared: status,
      login: plain,
    },
  )
  hangUp()
  bench.note(
    'Every command reads where the gateway is and lets it prove its key, over a connection that stays for 60 s after its last use.',
  )
  const [theirs, peer] = [median(login), 'ssh host true, a connection of its own']
  return [
    { what: 'xopc status --json, first', xopc: median(first), peer, theirs, unit: 'ms' },
    { what: 'xopc status --json, within 60 s', xopc: median(shared), peer, theirs, unit: 'ms' },
  ] satisfies Row[]
})

/** Keys and configurations of a server on a free port, and an ssh that knows it. */
async function server(folder: string): Promise<{ target: string; ssh: string; config: string }> {
  const port = await freePort()
  for (const name of ['host', 'user']) spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)])
  const config = join(folder, 'sshd_config')
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(folder, 'host')}`,
    `AuthorizedKeysFile ${join(folder, 'user.pub')}`,
  ]
  writeFileSync(config, `${[...lines, `PidFile ${config}.pid`, 'UsePAM no', 'StrictModes no'].join('\n')}\n`)
  const key = readFileSync(join(folder, 'host.pub'), 'utf8').split(' ').slice(0, 2).join(' ')
  writeFileSync(join(folder, 'known_hosts'), `[127.0.0.1]:${port} ${key}\n`)
  const own = `IdentityFile ${join(folder, 'user')}\nIdentitiesOnly yes\nUserKnownHostsFile ${join(folder, 'known_hosts')}\n`
  writeFileSync(join(folder, 'ssh_config'), own)
  const ssh = join(folder, 'ssh')
  writeFileSync(ssh, `#!/bin/sh\nexec ssh -F ${join(folder, 'ssh_config')} "$@"\n`)
  chmodSync(ssh, 0o755)
  return { target: `${userInfo().username}@127.0.0.1:${port}`, ssh, config }
}

/** It comes back once it listens, and ends with us. */
function startSshd(sshd: string, config: string): void {
  const { status, stderr } = spawnSync(sshd, ['-f', config], { encoding: 'utf8', timeout: 10_000 })
  if (status !== 0) throw new Error(stderr)
  const pid = Number(readFileSync(`${config}.pid`, 'utf8'))
  process.once('exit', () => process.kill(pid, 'SIGTERM'))
}

function words(target: string): string[] {
  const [place = '', port = ''] = target.split(':')
  return ['-p', port, '--', place]
}

function timeProgram(program: string, args: string[]): number {
  const start = performance.now()
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 30_000 })
  if (status !== 0) throw new Error(`${program} ended with ${status}:\n${stderr}`)
  return performance.now() - start
}
