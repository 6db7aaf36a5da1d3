import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { atEnd, tempFolder } from './cleanup.ts'
import { peerPath } from './peers.ts'
import { freePort } from './ports.ts'
import { type Program, startProgram } from './program.ts'
import { run } from './run.ts'

/** An sshd of a test's own, and an ssh that knows it. */
export interface Sshd {
  readonly port: number
  /** `user@address:port`. */
  readonly target: string
  /** Goes to `XOPC_SSH_PATH`: the real ssh with a configuration of the test's own, which ssh reads from nowhere else than the user's home. */
  readonly ssh: string
  /** The folder with keys and `known_hosts`. */
  readonly folder: string
  /** Another line for the configuration of that ssh. */
  configure(...lines: string[]): Promise<void>
  /** Processes of ssh that were started by `ssh`. */
  clients(): Promise<number[]>
  /** How many connections it serves now. */
  connections(): Promise<number>
  /** Ends it; connections that are open end with it. */
  stop(): Promise<void>
  /** Starts it again after `stop`, with the same keys or a new host key. */
  restart(options?: { newHostKey?: boolean }): Promise<void>
}

/** What may be different. */
export interface SshdOptions {
  /** More lines of sshd_config(5), before ours. */
  config?: readonly string[]
  /** Where it runs and listens: another computer, with its address; default this one, on 127.0.0.1. */
  on?: { address: string; prefix: readonly [string, ...string[]]; port?: number }
  /** Where whoever signs in has their home, and with which shell; default as this computer says. Needs the peer `own-hosts`. */
  login?: { home: string; shell?: string }
}

/** Starts an sshd for the user of the tests with one key, whose host key is known. Needs the peer `sshd`. Ends after the last test of the file. */
export async function startSshd(
  sshd: string,
  { config = [], on = { address: '127.0.0.1', prefix: ['env'] }, login }: SshdOptions = {},
): Promise<Sshd> {
  const { address, prefix, port = await freePort() } = on
  const folder = await tempFolder()
  const asOther = login === undefined ? [] : await withOwnLogin(folder, login)
  // sshd asks for it, and Debian makes it only for the service.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true })
  for (const name of ['host', 'user']) await keygen(join(folder, name))
  const lines = [
    ...config,
    `Port ${port}`,
    `ListenAddress ${address}`,
    `HostKey ${join(folder, 'host')}`,
    `AuthorizedKeysFile ${join(folder, 'user.pub')}`,
    'PidFile none',
    'UsePAM no',
    'StrictModes no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
  ]
  await writeFile(join(folder, 'sshd_config'), `${lines.join('\n')}\n`)
  const begin = (): Promise<Program> =>
    startProgram([...prefix, ...asOther, sshd, '-D', '-e', '-f', join(folder, 'sshd_config')], [{ host: address, port }], {})
  await remember(folder, `[${address}]:${port}`)
  const client = join(folder, 'ssh_config')
  const own = [`IdentityFile ${join(folder, 'user')}`, 'IdentitiesOnly yes', `UserKnownHostsFile ${join(folder, 'known_hosts')}`]
  const configure = async (...more: string[]) => await writeFile(client, `${[...more, 'Host *', ...own].join('\n')}\n`)
  await configure()
  const ssh = join(folder, 'ssh')
  await writeFile(ssh, `#!/bin/sh\nexec ssh -F ${client} "$@"\n`)
  await chmod(ssh, 0o755)
  let program: Program | null = await begin()
  const stop = async (): Promise<void> => {
    if (program === null) return
    // First what would let them in again; sshd's children serve what is open to its end, and hold its output.
    kill(program.pid)
    for (const { pids } of await sessions(prefix, port)) for (const pid of pids) kill(pid)
    await program.stop()
    program = null
  }
  atEnd(stop)
  return {
    port,
    target: `${userInfo().username}@${address}:${port}`,
    ssh,
    folder,
    configure,
    clients: async () => await clientsWith(client),
    connections: async () => (await sessions(prefix, port)).length,
    stop,
    async restart({ newHostKey = false } = {}) {
      if (newHostKey) await keygen(join(folder, 'host'))
      program = await begin()
    },
  }
}

async function clientsWith(config: string): Promise<number[]> {
  const { stdout } = await run(['ps', '-eo', 'pid=,comm=,args='])
  const lines = stdout.split('\n').filter((line) => /^\s*\d+ ssh /.test(line) && line.includes(`-F ${config}`))
  return lines.map((line) => Number.parseInt(line.trim(), 10))
}

/** One that has just ended needs no signal. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** By the port that they came to; each has its processes. */
async function sessions(prefix: readonly [string, ...string[]], port: number): Promise<{ pids: number[] }[]> {
  const { stdout } = await run([...prefix, 'ss', '-Htnp', 'state', 'established', `sport = :${port}`])
  const pidsIn = (line: string): number[] => [...line.matchAll(/"sshd",pid=(\d+)/g)].map(([, pid]) => Number(pid))
  return stdout.split('\n').flatMap((line) => (line.includes('"sshd"') ? [{ pids: pidsIn(line) }] : []))
}

/** What puts a program where the users of this computer are others: sshd believes the list of users, not its environment. */
async function withOwnLogin(folder: string, { home, shell = '/bin/sh' }: { home: string; shell?: string }): Promise<string[]> {
  const unshare = peerPath('own-hosts')
  if (unshare === null) throw new Error('a login of its own needs root and mount namespaces: ask needsPeer for own-hosts')
  const { username, uid, gid } = userInfo()
  const others = (await readFile('/etc/passwd', 'utf8')).split('\n').filter((line) => !line.startsWith(`${username}:`))
  const path = join(folder, 'passwd')
  await writeFile(path, [`${username}:x:${uid}:${gid}::${home}:${shell}`, ...others].join('\n'))
  return [unshare, '--mount', 'sh', '-c', `mount --bind ${path} /etc/passwd && exec "$@"`, 'sh']
}

async function remember(folder: string, host: string): Promise<void> {
  const key = (await readFile(join(folder, 'host.pub'), 'utf8')).split(' ').slice(0, 2).join(' ')
  await writeFile(join(folder, 'known_hosts'), `${host} ${key}\n`)
}

async function keygen(path: string): Promise<void> {
  const { code, stderr } = await run(['sh', '-c', 'rm -f "$1" "$1.pub"; ssh-keygen -q -t ed25519 -N "" -C test -f "$1"', 'keygen', path])
  if (code !== 0) throw new Error(stderr)
}
