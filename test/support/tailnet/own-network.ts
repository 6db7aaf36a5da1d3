import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { root } from '../build.ts'
import { atEnd } from '../cleanup.ts'
import type { Argv } from '../hosts.ts'
import { run, start, type Ran, type RunOptions } from '../run.ts'

/** A network of loopback alone: nothing in it leaves this computer, and nothing outside sees its ports. Files and unix sockets are the same as outside. */
export interface OwnNetwork {
  /** What a command line begins with to run in it. */
  readonly prefix: Argv
  /** Starts a program in it, with nothing but `env` and PATH, and waits until `ready` holds. Throws what it printed when that takes more than 15 s, or when it ends first. */
  start(argv: Argv, env: NodeJS.ProcessEnv, ready: () => Promise<boolean>): Promise<Daemon>
  /** Runs a program in it to its end. */
  run(argv: Argv, options?: RunOptions): Promise<Ran>
  /** A connection to this port of its 127.0.0.1. Throws where nobody listens. */
  dial(port: number): Promise<Socket>
  /** Whether something in it accepts connections at this port. */
  answers(port: number): Promise<boolean>
}

/** A program that runs in the network. */
export interface Daemon {
  readonly pid: number
  /** What it printed so far, both streams. */
  output(): string
  /** Kills it; resolves when it is gone. Twice equals once. */
  kill(): Promise<void>
}

const readyMs = 15_000
let count = 0

/** Makes such a network; after the last test of the file everything that runs in it is killed and it is removed. `folder` takes the socket by which it is reached. Throws what `ip` printed. */
export async function ownNetwork(ip: string, folder: string): Promise<OwnNetwork> {
  const name = `xopc-t${process.pid.toString(36)}-${count++}`
  const prefix: Argv = [ip, 'netns', 'exec', name]
  const socket = join(folder, 'relay.sock')
  await command(ip, 'netns', 'add', name)
  atEnd(() => remove(ip, name))
  await command(ip, '-n', name, 'link', 'set', 'lo', 'up')
  const network: OwnNetwork = {
    prefix,
    start: (argv, env, ready) => startDaemon([...prefix, ...argv], env, ready),
    run: (argv, options) => run([...prefix, ...argv], options),
    dial: (port) => dial(socket, port),
    answers: (port) =>
      dial(socket, port).then(
        (connection) => (connection.destroy(), true),
        () => false,
      ),
  }
  const relay: Argv = [process.execPath, join(root, 'test/fixtures/network-relay.ts'), socket]
  await network.start(relay, {}, () => listensAt(socket))
  return network
}

/** Whether something accepts connections at this unix socket. */
export function listensAt(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path }, () => (socket.destroy(), resolve(true))).once('error', () => resolve(false))
  })
}

async function startDaemon(argv: Argv, env: NodeJS.ProcessEnv, ready: () => Promise<boolean>): Promise<Daemon> {
  const child = start(argv, { timeoutMs: 600_000, env: { PATH: process.env['PATH'], ...env } })
  const gone = new Promise((resolve) => child.once('close', resolve))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const kill = async () => {
    child.kill('SIGKILL')
    await gone
  }
  atEnd(kill)
  for (const until = Date.now() + readyMs; !(await ready()); await sleep(10)) {
    if (child.exitCode !== null || Date.now() > until) throw new Error(`${argv.join(' ')} is not ready: ${output}`)
  }
  return { pid: child.pid ?? 0, output: () => output, kill }
}

async function dial(socket: string, port: number): Promise<Socket> {
  const connection = connect({ path: socket, allowHalfOpen: false })
  const ended = once(connection, 'end').then(() => null)
  connection.write(String(port).padStart(5, '0'))
  const answer: unknown = await Promise.race([ended, once(connection, 'readable').then(() => connection.read(1))])
  if (answer !== null) return connection
  connection.destroy()
  throw new Error(`nobody listens at port ${port} of the tailnet's network`)
}

/** The kernel keeps a network while something runs in it, also when its name is gone. */
async function remove(ip: string, name: string): Promise<void> {
  const { stdout } = await run([ip, 'netns', 'pids', name])
  for (const pid of stdout.split('\n').filter(Boolean)) killIfThere(Number(pid))
  await command(ip, 'netns', 'del', name)
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

async function command(...argv: Argv): Promise<void> {
  const ran = await run(argv, { timeoutMs: 10_000 })
  if (ran.code !== 0) throw new Error(`${argv.join(' ')}: ${ran.stderr.trim()}`)
}
