import { createServer } from 'node:net'
import { XopcError } from '../errors/error.ts'
import type { Clock } from '../system/clock.ts'
import { readText, writeAtomic } from '../system/files.ts'
import { listenAt } from './listen.ts'

/** How long a program of the last run may take to leave its port, milliseconds. */
const LEAVES_MS = 4000

/** Ports of 127.0.0.1 by name: those that the file has where they are free, else free ones, which are noted there. Throws `FILE_NOT_WRITABLE`, `DISK_FULL`. */
export async function keptPorts<Name extends string>(path: string, names: readonly Name[], clock: Clock): Promise<Record<Name, number>> {
  const before = numbersIn((await readText(path)) ?? '')
  const until = clock.now() + LEAVES_MS
  const holders = await Promise.all(names.map(async (name) => await hold(before.get(name) ?? 0, until, clock)))
  await Promise.all(holders.map(async ({ leave }) => await leave()))
  const ports = names.map((name, index) => [name, holders[index]?.port ?? 0])
  // `as`: there is a pair for each name.
  const chosen = Object.fromEntries(ports) as Record<Name, number>
  await writeAtomic(path, `${JSON.stringify(chosen)}\n`)
  return chosen
}

/** Holds a port until all are chosen, so that none is chosen twice. */
async function hold(wanted: number, until: number, clock: Clock): Promise<{ port: number; leave(): Promise<void> }> {
  const server = createServer()
  for (;;) {
    try {
      const port = await listenAt(server, '127.0.0.1', wanted)
      return { port, leave: async () => await new Promise((resolve) => server.close(() => resolve())) }
    } catch (error) {
      if (!(error instanceof XopcError) || wanted === 0) throw error
    }
    if (clock.now() > until) return await hold(0, until, clock)
    await clock.sleep(50)
  }
}

function numbersIn(text: string): Map<string, number> {
  try {
    const value: unknown = JSON.parse(text)
    const entries = typeof value === 'object' && value !== null ? Object.entries<unknown>({ ...value }) : []
    return new Map(entries.flatMap(([name, port]) => (isPort(port) ? [[name, port] as const] : [])))
  } catch {
    // No file yet, or one that is broken: ports are chosen anew.
    return new Map()
  }
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 65_535
}
