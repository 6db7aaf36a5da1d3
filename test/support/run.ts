import { spawn, type ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'

/** What a program did. `code` is null when a signal ended it, also the one sent when its time was up. */
export interface Ran {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** How to run a program. */
export interface RunOptions {
  env?: NodeJS.ProcessEnv
  cwd?: string
  /** Written to its standard input, which is closed then. */
  input?: string
  /** Milliseconds until it is killed; default 30,000. */
  timeoutMs?: number
  /** Runs as this user and group; needs root. */
  uid?: number
}

/** Runs a program to its end and gives what it printed. Throws only when it cannot be started; a time that ran out shows as `signal: 'SIGKILL'`. */
export function run(argv: readonly [string, ...string[]], options: RunOptions = {}): Promise<Ran> {
  const child = start(argv, options)
  child.stdin.on('error', ignoreClosedPipe)
  child.stdin.end(options.input ?? '')
  return collect(child)
}

/** Starts a program with three pipes; it is killed when its time is up. */
export function start(argv: readonly [string, ...string[]], options: RunOptions = {}): ChildProcessByStdio<Writable, Readable, Readable> {
  const [command, ...args] = argv
  return spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: options.timeoutMs ?? 30_000,
    killSignal: 'SIGKILL',
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  })
}

function collect(child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<Ran> {
  const ran = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (ran.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (ran.stderr += text))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, ...ran }))
  })
}

/** A program may end without reading its input; its exit code tells that story. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') throw error
}
