import { setTimeout as sleep } from 'node:timers/promises'
import { atEnd } from '../../support/cleanup.ts'
import { type RunningGateway, startGateway } from '../../support/gateway.ts'
import { start } from '../../support/run.ts'
import { launcher } from './house.ts'

/** A command that goes on, and what it prints meanwhile. */
export interface Running {
  readonly pid: number
  stdout(): string
  stderr(): string
  /** Writes to its standard input; in a terminal that is typing. */
  type(text: string): void
  kill(signal: NodeJS.Signals): void
  /** Resolves with the first match in what it printed. Throws what it printed where there is none in 20 s. */
  says(wanted: RegExp): Promise<RegExpExecArray>
  /** Its exit code, once it has ended. */
  readonly ended: Promise<number | null>
}

const patienceMs = 20_000

/** Starts `xopc` on a state folder. `terminal`: in one of so many columns and rows. */
export function startXopc(
  args: readonly string[],
  { stateDir, env = {}, terminal }: { stateDir: string; env?: NodeJS.ProcessEnv; terminal?: { columns: number; rows: number } },
): Running {
  const words = [process.execPath, launcher, ...args]
  const argv = terminal === undefined ? words : inTerminal(words, terminal)
  const outer = { PATH: process.env['PATH'], HOME: stateDir, XOPC_STATE_DIR: stateDir, TERM: 'xterm-256color' }
  // `as`: there is at least Node and the launcher.
  const child = start(argv as [string, ...string[]], { env: { ...outer, ...env }, timeoutMs: 80_000 })
  const printed = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (text: string) => (printed[name] += text))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  atEnd(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    pid: child.pid ?? 0,
    stdout: () => printed.stdout,
    stderr: () => printed.stderr,
    type: (text) => void child.stdin.write(text),
    kill: (signal) => void child.kill(signal),
    async says(wanted) {
      for (const until = Date.now() + patienceMs; Date.now() < until; await sleep(20)) {
        const match = wanted.exec(printed.stdout) ?? wanted.exec(printed.stderr)
        if (match) return match
      }
      throw new Error(`${String(wanted)} did not come:\n${printed.stdout}\n${printed.stderr}`)
    },
    ended,
  }
}

/** util-linux's `script` is a terminal without a window. */
function inTerminal(words: readonly string[], { columns, rows }: { columns: number; rows: number }): string[] {
  const line = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
  return ['script', '-qefc', `stty cols ${columns} rows ${rows}; exec ${line}`, '/dev/null']
}

/** A gateway that is open to the network, and has an address by which a device could reach it. Throws what it says where it has none in 20 s. */
export async function startReachable(): Promise<RunningGateway> {
  const gateway = await startGateway({ config: { gateway: { bind: 'lan' } } })
  for (const until = Date.now() + patienceMs; ; await sleep(50)) {
    const context = await (await gateway.fetch('/api/tunnel/pair/context')).json()
    if (typeof context === 'object' && context !== null && 'recommended' in context && context.recommended !== null) return gateway
    if (Date.now() > until) throw new Error(`no address for a device: ${JSON.stringify(context)}`)
  }
}
