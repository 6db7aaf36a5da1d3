import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import type { Duplex, Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { systemErrors } from './errors.ts'
import { findProgram } from './find-program.ts'
import { eachLine } from './lines.ts'
import { type Exit, exitOf, sendSignal } from './process.ts'
import { commandHashOf, markOf } from './process-identity.ts'

/**
 * Runs "$@" in a process group of its own and ends the whole group when the program ends, or when fd 3 reaches its end, which happens when
 * xopc closes it or dies in whatever way (docs/decisions/010). fd 4 tells xopc the program's number and its exit code.
 */
const guardScript = `
( trap '' TERM INT HUP; read -r line <&3; kill -TERM 0; sleep 3; kill -KILL 0 ) >/dev/null 2>&1 4>&- &
"$@" </dev/null 3>&- 4>&- &
child=$!
trap '' TERM INT HUP PIPE
exec >/dev/null 2>&1
echo "pid $child" >&4
wait "$child"
echo "exit $?" >&4
kill -KILL 0
`

/** A long-lived program to start. */
export interface GuardedSpec {
  program: string
  args: readonly string[]
  /** The whole environment; default ours. */
  env?: NodeJS.ProcessEnv
  /** Each line of its output, both streams, as it comes from outside. */
  onLine?: (line: string) => void
}

/** A long-lived program that cannot outlive us by more than 5 s, also when we are killed. */
export interface Guarded {
  readonly pid: number
  /** Resolves when the program and what it left in its group are gone. Never rejects. */
  readonly exited: Promise<Exit>
  /** TERM, after `graceMs` (default 3,000) KILL; resolves when it is gone, at the latest 1 s later. */
  stop(graceMs?: number): Promise<void>
}

/** How long the program may take to come up, and how long it may take to vanish after a guard that was killed. */
const startMs = 5000
const vanishMs = 5000
/** How long output may still come after the end; what left the group may hold the pipes for ever. */
const drainMs = 200

/** Starts a guarded program; resolves when it runs. Throws `PROGRAM_NOT_FOUND`, `PROGRAM_NOT_STARTED`. */
export async function spawnGuarded(spec: GuardedSpec): Promise<Guarded> {
  const env = spec.env ?? process.env
  const program = await findProgram(spec.program, env)
  const guard = spawn('/bin/sh', ['-c', guardScript, 'xopc-guard', program, ...spec.args], {
    // A group of its own, so that all of it can be ended at once and Ctrl-C in the terminal reaches only us.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    env,
  })
  const pipes = pipesOf(guard, spec.onLine ?? (() => {}))
  const guardExit = exitOf(guard, '/bin/sh')
  const pid = await Promise.race([pipes.pid, guardExit, delay(startMs, null, { ref: false })])
  if (typeof pid === 'number') {
    await becameItself(pid, guard.pid ?? pid)
    return watchOver(guard, guardExit, pipes, pid)
  }
  pipes.hold.destroy()
  throw systemErrors.PROGRAM_NOT_STARTED({ program, reason: 'it did not come up' })
}

function watchOver(guard: ChildProcess, guardExit: Promise<Exit>, pipes: Pipes, pid: number): Guarded {
  const group = -(guard.pid ?? pid)
  const exited = guardExit.then(async (exit) => {
    // Was the guard killed alone, this ends the program now; nobody is told "gone" before that is true.
    pipes.hold.destroy()
    await Promise.race([pipes.closed, delay(drainMs)])
    const code = pipes.exitCode()
    if (code === null) await vanished(pid)
    return code === null ? exit : exitFromShell(code)
  })
  const stop = async (graceMs = 3000) => {
    for (const [signal, ms] of [
      ['SIGTERM', graceMs],
      ['SIGKILL', 1000],
    ] as const) {
      // While the guard was not collected its number is not given away, so the group is ours.
      if (guard.exitCode === null && guard.signalCode === null) sendSignal(group, signal)
      const gone = await Promise.race([exited, delay(ms, null)])
      if (gone !== null) return
    }
  }
  return { pid, exited, stop }
}

interface Pipes {
  /** While we hold it open, the guard lets the program run. The system closes it when we die. */
  hold: Duplex
  /** The program's number; null when the guard ended before it had one. */
  pid: Promise<number | null>
  /** The program's exit code as a shell tells it; null before its end, or when the guard did not live to say it. */
  exitCode(): number | null
  /** Everything that was said has been read. */
  closed: Promise<unknown>
}

function pipesOf(guard: ChildProcess, onLine: (line: string) => void): Pipes {
  // `as`: node makes a socket of every 'pipe', its types only know "a stream or nothing".
  const [, stdout, stderr, hold, report] = guard.stdio as unknown as [null, Readable, Readable, Duplex, Duplex]
  const pid = Promise.withResolvers<number | null>()
  let code: number | null = null
  eachLine(report, (line) => {
    if (line.startsWith('pid ')) pid.resolve(Number(line.slice(4)))
    if (line.startsWith('exit ')) code = Number(line.slice(5))
  })
  report.once('close', () => pid.resolve(null))
  // A reset means that the guard is gone, which its exit tells better.
  for (const socket of [hold, report]) socket.on('error', () => {})
  for (const output of [stdout, stderr]) eachLine(output, onLine)
  const closed = Promise.all([stdout, stderr, report].map(async (stream) => void (await once(stream, 'close'))))
  return { hold, pid: pid.promise, exitCode: () => code, closed }
}

/** A shell tells a signal as 128 and its number (POSIX, "Exit Status for Commands"). */
export function exitFromShell(code: number): Exit {
  const signal = Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0]
  // `as`: the table's keys are the signals' names.
  return signal === undefined ? { code, signal: null } : { code: null, signal: signal as NodeJS.Signals }
}

/** For a moment the number is that of a copy of the guard, which is about to become the program; who asked it then would take it for another. */
async function becameItself(pid: number, guardPid: number): Promise<void> {
  const guardCommand = await commandHashOf(guardPid)
  const until = Date.now() + 1000
  while (guardCommand !== null && Date.now() < until && (await commandHashOf(pid)) === guardCommand) await delay(1)
}

/** An ended program that nobody collects counts as gone: in a container the first process may never collect anything. */
async function vanished(pid: number): Promise<void> {
  const until = Date.now() + vanishMs
  while (Date.now() < until && (await markOf(pid)) !== null) await delay(20)
}
