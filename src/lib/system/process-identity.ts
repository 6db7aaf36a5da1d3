import { readLink, readText } from './files.ts'

/** One process, told apart from a later one with the same number. */
export interface ProcessMark {
  pid: number
  /** As the system counts it; equal only for the same process. */
  startTime: string
  /** Changes when the computer starts anew. */
  bootId: string
  /** Pids mean nothing in another namespace (a container's). */
  pidNamespace: string
}

/** Whether the marked process runs: `unknown` where its pid is not one that this process could judge. */
export type Liveness = 'alive' | 'gone' | 'unknown'

let own: Promise<ProcessMark> | undefined

/** The mark of this process. */
export async function ownMark(): Promise<ProcessMark> {
  own ??= markOf(process.pid).then((mark) => mark ?? unreadable())
  return await own
}

/** The mark of a running process, or null where there is none. */
export async function markOf(pid: number): Promise<ProcessMark | null> {
  const [startTime, boot, pidNamespace] = await Promise.all([startTimeOf(pid), bootId(), ownPidNamespace()])
  return startTime === null ? null : { pid, startTime, bootId: boot, pidNamespace }
}

/** Whether the marked process still runs. A recycled pid is `gone`. */
export async function liveness(mark: ProcessMark): Promise<Liveness> {
  const us = await ownMark()
  if (mark.bootId !== us.bootId || mark.pidNamespace !== us.pidNamespace) return 'unknown'
  return (await startTimeOf(mark.pid)) === mark.startTime ? 'alive' : 'gone'
}

/** The mark in the text of a JSON file that holds one; null where it is broken. Pure. */
export function markIn(text: string): ProcessMark | null {
  const value = objectIn(text)
  const [pid, startTime, boot, pidNamespace] = ['pid', 'startTime', 'bootId', 'pidNamespace'].map((name): unknown =>
    Reflect.get(value, name),
  )
  const texts = typeof startTime === 'string' && typeof boot === 'string' && typeof pidNamespace === 'string'
  // Zero and negative numbers name groups. One is ours where xopc is the first process of a container.
  if (!texts || typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid < 1) return null
  return { pid, startTime, bootId: boot, pidNamespace }
}

function objectIn(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}

/** A digest of the command line of a running process, or null. */
export async function commandHashOf(pid: number): Promise<string | null> {
  const command = process.platform === 'linux' ? await readText(`/proc/${pid}/cmdline`) : await ps(pid, 'command=')
  if (!command) return null
  const { createHash } = await import('node:crypto')
  return createHash('sha256').update(command).digest('hex')
}

async function startTimeOf(pid: number): Promise<string | null> {
  if (process.platform !== 'linux') return await ps(pid, 'lstart=')
  const text = await readText(`/proc/${pid}/stat`)
  return text === null ? null : startTimeIn(text)
}

/** The start in clock ticks from the text of /proc/<pid>/stat (proc_pid_stat(5): field 22); null for a process that has ended but was not collected. Pure. */
export function startTimeIn(stat: string): string | null {
  // The name in the second field may hold spaces and brackets; it ends with the last one.
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state === 'Z' || state === 'X' ? null : (rest[18] ?? null)
}

/** Whether a process is stopped (SIGSTOP): it is there, and does nothing. False also where there is none. */
export async function isStopped(pid: number): Promise<boolean> {
  const text = process.platform === 'linux' ? await readText(`/proc/${pid}/stat`) : await ps(pid, 'state=')
  const state = process.platform === 'linux' ? text?.slice(text.lastIndexOf(')') + 2) : text
  return /^T/i.test(state ?? '')
}

async function bootId(): Promise<string> {
  if (process.platform === 'linux') return (await readText('/proc/sys/kernel/random/boot_id'))?.trim() ?? ''
  return await ask('sysctl', ['-n', 'kern.bootsessionuuid'])
}

async function ownPidNamespace(): Promise<string> {
  return process.platform === 'linux' ? ((await readLink('/proc/self/ns/pid')) ?? '') : ''
}

async function ps(pid: number, column: string): Promise<string | null> {
  return (await ask('ps', ['-o', column, '-p', String(pid)])) || null
}

/** Systems without /proc; loaded only there. */
async function ask(program: string, args: readonly string[]): Promise<string> {
  const { run } = await import('./process.ts')
  const { stdout } = await run(program, args, { timeoutMs: 5000, env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' } })
  return stdout.trim()
}

function unreadable(): never {
  throw new Error('the system does not tell when this process started')
}
