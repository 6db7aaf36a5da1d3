import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Middle value. Throws a RangeError where there is none. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

/** The value that `share` (0 to 1) of all values do not exceed. Throws a RangeError where there is none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  if (value === undefined) throw new RangeError('nothing was measured')
  return value
}

/** Runs the tasks in turn, A B A B, so that whatever slows the machine slows all of them. The first `warmUp` rounds are thrown away. */
export async function interleave<K extends string, T>(
  { rounds, warmUp }: { rounds: number; warmUp: number },
  tasks: Record<K, () => T | Promise<T>>,
): Promise<Record<K, T[]>> {
  // Object.keys and fromEntries forget the names that the parameter's type knows.
  const names = Object.keys(tasks) as K[]
  const results = Object.fromEntries(names.map((name) => [name, [] as T[]])) as Record<K, T[]>
  for (let round = -warmUp; round < rounds; round++) {
    for (const name of names) {
      const result = await tasks[name]()
      if (round >= 0) results[name].push(result)
    }
  }
  return results
}

/** Milliseconds from starting `node` with these arguments to its end. Throws where it fails or its stdout does not match `expect`. */
export function timeNode(args: string[], env: NodeJS.ProcessEnv, expect: RegExp): number {
  const start = performance.now()
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8', timeout: 30_000 })
  const ms = performance.now() - start
  if (status !== 0 || !expect.test(stdout)) throw new Error(`node ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  return ms
}

/**
 * Resident memory of a process in bytes, from /proc: `VmRSS` is all of it, `RssAnon` without the pages of program files, which every process
 * of the same program shares. Throws where there is no such process, or no /proc.
 */
export function residentBytes(pid: number, kind: 'VmRSS' | 'RssAnon' = 'VmRSS'): number {
  return Number(procField(`/proc/${pid}/status`, new RegExp(`^${kind}:\\s+(\\d+) kB$`, 'm'))) * 1024
}

/** Numbers of the cores that this process may use. */
export function allowedCores(): number[] {
  return procField('/proc/self/status', /^Cpus_allowed_list:\s+(\S+)$/m)
    .split(',')
    .flatMap(coresOf)
}

function coresOf(range: string): number[] {
  const [first = 0, last = first] = range.split('-').map(Number)
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

function procField(file: string, pattern: RegExp): string {
  const value = pattern.exec(readFileSync(file, 'utf8'))?.[1]
  if (value === undefined) throw new Error(`${file} does not say ${pattern.source}`)
  return value
}
