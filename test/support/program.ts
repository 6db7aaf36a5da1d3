import type { TcpNetConnectOpts } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { atEnd } from './cleanup.ts'
import type { Argv } from './hosts.ts'
import { answers } from './ports.ts'
import { start } from './run.ts'

/** A server program in a process of its own. */
export interface Program {
  readonly pid: number
  /** What it printed so far. */
  output(): string
  /** Kills it; throws when something still listens afterwards. Twice equals once. */
  stop(): Promise<void>
}

const readyMs = 15_000

/** Starts a server with nothing but `env` and PATH, and waits until it accepts connections at all of `places`. Ends after the last test of the file. Throws what it printed when it is not ready in 15 s. */
export async function startProgram(argv: Argv, places: readonly TcpNetConnectOpts[], env: NodeJS.ProcessEnv): Promise<Program> {
  const child = start(argv, { timeoutMs: 600_000, env: { PATH: process.env['PATH'], ...env } })
  const gone = new Promise((resolve) => child.once('close', resolve))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  let stopped: Promise<void> | undefined
  const end = async () => {
    child.kill('SIGKILL')
    await gone
    const left = await firstThat(places, answers)
    if (left) throw new Error(`${argv[0]} left something that still listens on ${left.port}`)
  }
  const stop = () => (stopped ??= end())
  atEnd(stop)
  for (const until = Date.now() + readyMs; await firstThat(places, async (place) => !(await answers(place))); await sleep(25)) {
    if (child.exitCode !== null || Date.now() > until) throw new Error(`${argv[0]} does not listen: ${output}`)
  }
  return { pid: child.pid ?? 0, output: () => output, stop }
}

async function firstThat<T>(all: readonly T[], holds: (one: T) => Promise<boolean>): Promise<T | undefined> {
  for (const one of all) if (await holds(one)) return one
  return undefined
}
