import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { get } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const READY_MS = 30_000
const STOP_MS = 5_000

const alive = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})

/** A server to start. */
export interface Program {
  /** For messages and for its log file. */
  name: string
  command: string
  args: string[]
  env?: NodeJS.ProcessEnv
  /** Answers 200 as soon as the server is ready. */
  readyUrl: string
  /** Runs on this core alone. */
  core?: number | undefined
  /** In a session of its own, as what xopc starts is: Linux shares the cores among sessions first (sched_autogroup_enabled). */
  ownSession?: boolean
}

/** A server that is ready. */
export interface Running {
  pid: number
  /** From spawn to the first 200. */
  readyMs: number
  /** Ends it and waits for its end; twice equals once. */
  stop(): Promise<void>
}

/** Starts it and waits until it is ready. Throws with the end of its output where it ends first, or after 30 s. Its output goes to `folder`. */
export async function startServer(program: Program, folder: string): Promise<Running> {
  const logFile = join(folder, `${program.name}.log`)
  const log = openSync(logFile, 'a', 0o600)
  const [command, args] = program.core === undefined ? [program.command, program.args] : ['taskset', pinned(program, program.core)]
  const start = performance.now()
  const { env = process.env, ownSession = false } = program
  const child = spawn(command, args, { env, detached: ownSession, stdio: ['ignore', log, log] })
  closeSync(log)
  const ended = endWithUs(child)
  const stop = (): Promise<void> => stopChild(child, ended)
  if (!(await isReady(program.readyUrl, child, start + READY_MS)) || child.pid === undefined) {
    await stop()
    throw new Error(`${program.name} did not get ready:\n${readFileSync(logFile, 'utf8').split('\n').slice(-20).join('\n')}`)
  }
  return { pid: child.pid, readyMs: performance.now() - start, stop }
}

function pinned({ command, args }: Program, core: number): string[] {
  return ['-c', String(core), command, ...args]
}

async function isReady(url: string, child: ChildProcess, deadline: number): Promise<boolean> {
  while (performance.now() < deadline && child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    if ((await statusOf(url)) === 200) return true
    await sleep(1)
  }
  return false
}

/** Status of a GET without credentials; 0 where nobody answers within 2 s. */
export function statusOf(url: string): Promise<number> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 2_000 }, (response) => {
      response.resume().once('close', () => resolve(response.statusCode ?? 0))
    })
    request.once('timeout', () => request.destroy()).once('error', () => resolve(0))
  })
}

/** Ends the child at the latest when this process ends. Resolves with its end. */
export function endWithUs(child: ChildProcess): Promise<void> {
  alive.add(child)
  return new Promise((resolve) => {
    const end = (): void => {
      alive.delete(child)
      resolve()
    }
    child.once('exit', end).once('error', end)
  })
}

async function stopChild(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.kill('SIGTERM')
  const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  await ended
  clearTimeout(impatience)
}

/** A TCP port of 127.0.0.1 that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A TCP server that listens has an address with a port.
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
