import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { XopcError } from '../errors/error.ts'
import { systemErrors } from './errors.ts'
import { reasonOf, systemCode } from './file-errors.ts'
import { openForOutput } from './files.ts'

/** What a program that ran to its end left. */
export interface RunResult {
  /** Its exit code; null when a signal ended it. */
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  /** Output past the bound was dropped. */
  truncated: boolean
  /** It was ended because its time was over. */
  timedOut: boolean
}

/** How `run` runs. */
export interface RunOptions {
  signal?: AbortSignal
  /** Default 10,000 ms. */
  timeoutMs?: number
  /** The whole environment; default ours. */
  env?: NodeJS.ProcessEnv
  /** Written to its standard input; without it there is none. */
  input?: string
  /** Bound of each stream, bytes; default 1 MiB. */
  maxOutput?: number
  /** Past the time: an error (the default), or the result as it is by then, with `timedOut`. */
  late?: 'throw' | 'result'
  /** Told all of its standard output whenever more came: true ends it, and the result is as it is by then. */
  enough?: (stdout: string) => boolean
}

/**
 * Runs a program to its end. Its exit code is the caller's to judge. Past the time or at the signal it is ended (TERM, after 1 s KILL).
 * Throws `PROGRAM_NOT_FOUND`, `PROGRAM_NOT_STARTED`, `PROGRAM_TIMEOUT`, or the signal's reason.
 */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  options.signal?.throwIfAborted()
  const { timeoutMs = 10_000, maxOutput = 1024 * 1024, env = process.env, late = 'throw' } = options
  const child = spawn(program, args, { stdio: 'pipe', env, windowsHide: true })
  const outputs = [collect(child.stdout, maxOutput), collect(child.stderr, maxOutput)] as const
  feed(child.stdin, options.input)
  const exit = exitOf(child, program)
  const heard = new AbortController()
  child.stdout.on('data', () => options.enough?.(outputs[0].text()) === true && heard.abort())
  const limits = [AbortSignal.timeout(timeoutMs), heard.signal]
  const stop = AbortSignal.any(options.signal === undefined ? limits : [...limits, options.signal])
  await Promise.race([exit, aborted(stop)])
  if (stop.aborted) {
    await end(child, exit)
    if (options.signal?.aborted === true) throw options.signal.reason
    if (late === 'throw' && !heard.signal.aborted) throw systemErrors.PROGRAM_TIMEOUT({ program, seconds: timeoutMs / 1000 })
  }
  await Promise.race([Promise.all(outputs.map(({ ended }) => ended)), delay(drainMs)])
  const [stdout, stderr] = outputs
  return {
    ...(await exit),
    stdout: stdout.text(),
    stderr: stderr.text(),
    truncated: stdout.truncated() || stderr.truncated(),
    timedOut: stop.aborted && !heard.signal.aborted,
  }
}

/** A program that goes on when we end. */
export interface Detached {
  pid: number
  /** When it ends while we still run. */
  exited: Promise<Exit>
}

/** How a program ended. */
export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** Starts a program that outlives this one, its output appended to a file (0600). Throws `PROGRAM_NOT_FOUND`, `PROGRAM_NOT_STARTED`, `FILE_NOT_WRITABLE`. */
export async function spawnDetached(
  program: string,
  args: readonly string[],
  options: { output: string; env?: NodeJS.ProcessEnv },
): Promise<Detached> {
  await using output = await openForOutput(options.output)
  const child = spawn(program, args, { detached: true, stdio: ['ignore', output.fd, output.fd], env: options.env ?? process.env })
  const exited = exitOf(child, program)
  await Promise.race([once(child, 'spawn'), exited])
  child.unref()
  if (child.pid === undefined) throw systemErrors.PROGRAM_NOT_STARTED({ program, reason: 'the system gave it no number' })
  return { pid: child.pid, exited }
}

/** Gives the terminal to a program (an editor) until it ends; Ctrl-C meanwhile is its own. Throws `PROGRAM_NOT_FOUND`, `PROGRAM_NOT_STARTED`. */
export async function runInTerminal(program: string, args: readonly string[]): Promise<Exit> {
  const ignore = () => {}
  process.on('SIGINT', ignore)
  try {
    return await exitOf(spawn(program, args, { stdio: 'inherit' }), program)
  } finally {
    process.off('SIGINT', ignore)
  }
}

/** Becomes another program, with the same number, terminal and parent; open files but the first three are closed. Throws `PROGRAM_NOT_STARTED`, else it does not return. */
export function replaceProcess(program: string, args: readonly string[], env: NodeJS.ProcessEnv): void {
  const reason = 'this system cannot replace a running program'
  if (process.execve === undefined || process.platform === 'win32') throw systemErrors.PROGRAM_NOT_STARTED({ program, reason })
  try {
    process.execve(program, [program, ...args], env)
  } catch (error) {
    throw startError(program, error)
  }
}

/** Sends a signal to a process, or with a negative number to a process group; false when there is none. Throws the system's EPERM for somebody else's. */
export function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return false
    throw error
  }
}

/** Resolves when a child has ended. Rejects with `PROGRAM_NOT_FOUND`, `PROGRAM_NOT_STARTED`. */
export async function exitOf(child: ChildProcess, program: string): Promise<Exit> {
  const { promise, resolve, reject } = Promise.withResolvers<Exit>()
  child.once('exit', (code, signal) => resolve({ code, signal }))
  child.once('error', (error) => reject(startError(program, error)))
  return await promise
}

/** How long output may still come after a program ended; what it left running may hold its pipes for ever. */
const drainMs = 500

function startError(program: string, error: unknown): XopcError {
  if (systemCode(error) === 'ENOENT') return systemErrors.PROGRAM_NOT_FOUND({ program }, { cause: error })
  return systemErrors.PROGRAM_NOT_STARTED({ program, reason: reasonOf(error) }, { cause: error })
}

function collect(stream: Readable, bound: number) {
  const chunks: Buffer[] = []
  let [size, dropped] = [0, false]
  stream.on('data', (chunk: Buffer) => {
    const kept = chunk.subarray(0, Math.max(0, bound - size))
    chunks.push(kept)
    size += kept.length
    dropped ||= kept.length < chunk.length
  })
  const ended = new Promise<void>((resolve) => stream.once('close', resolve))
  return { ended, text: () => Buffer.concat(chunks).toString('utf8'), truncated: () => dropped }
}

function feed(stdin: Writable, input = ''): void {
  // EPIPE: the program did not want all of it; its exit code tells how it went.
  stdin.on('error', () => {})
  stdin.end(input)
}

async function aborted(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

async function end(child: ChildProcess, exit: Promise<Exit>): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    await Promise.race([exit, delay(1000)])
  }
}
