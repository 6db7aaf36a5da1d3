import { readText, writeAtomic } from '../system/files.ts'
import { createInTurn } from '../system/in-turn.ts'
import { sendSignal } from '../system/process.ts'
import { type ProcessMark, commandHashOf, liveness, markIn, markOf } from '../system/process-identity.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import type { State } from './store.ts'

/** A program that this gateway started, as `run/children.json` holds it: enough to know it again, and nobody else. */
export interface Child extends ProcessMark {
  name: string
  /** Digest of its command line. */
  argvHash: string
}

/** What the gateway started, on disk, so that the next start can end what a crash left. One writer: who holds the lock. */
export interface Children {
  /** Records a running program; one that has ended already is passed over. Throws `FILE_NOT_WRITABLE`, `DISK_FULL`. */
  add(name: string, pid: number): Promise<void>
  /** Forgets it. Throws `FILE_NOT_WRITABLE`, `DISK_FULL`. */
  remove(pid: number): Promise<void>
  /**
   * Ends what an earlier gateway left running (TERM, after 3 s KILL) and forgets it. Only where pid, start time, boot, pid namespace and
   * command line all match: a recycled pid is left alone. Throws `FILE_NOT_READABLE`, `FILE_NOT_WRITABLE`.
   */
  reap(): Promise<void>
}

const graceMs = 3000

/** The record of children in a state folder. */
export function createChildren(parts: { state: Pick<State, 'paths'>; clock: Clock; log: Log }): Children {
  const path = parts.state.paths.children
  const inTurn = createInTurn()
  const change = async (edit: (children: Child[]) => Child[]) =>
    await inTurn(async () => await writeAtomic(path, textOf(edit(childrenIn((await readText(path)) ?? '')))))
  return {
    async add(name, pid) {
      const [mark, argvHash] = await Promise.all([markOf(pid), commandHashOf(pid)])
      if (mark === null || argvHash === null) return
      await change((children) => [...children.filter((child) => child.pid !== pid), { name, ...mark, argvHash }])
    },
    remove: async (pid) => await change((children) => children.filter((child) => child.pid !== pid)),
    async reap() {
      const left = childrenIn((await readText(path)) ?? '')
      if (left.length === 0) return
      await Promise.all(left.map(async (child) => await endOrphan(child, parts.clock, parts.log)))
      await change((children) => children.filter(({ pid }) => !left.some((child) => child.pid === pid)))
    },
  }
}

async function endOrphan(child: Child, clock: Clock, log: Log): Promise<void> {
  if (!(await isThatChild(child))) return
  log.warn('ended a program that an earlier gateway left running', { name: child.name, pid: child.pid })
  sendSignal(child.pid, 'SIGTERM')
  const until = clock.now() + graceMs
  while (clock.now() < until && (await isThatChild(child))) await clock.sleep(50)
  if (await isThatChild(child)) sendSignal(child.pid, 'SIGKILL')
}

async function isThatChild(child: Child): Promise<boolean> {
  return (await liveness(child)) === 'alive' && (await commandHashOf(child.pid)) === child.argvHash
}

function textOf(children: readonly Child[]): string {
  return `${JSON.stringify(children, null, 2)}\n`
}

/** Children in the text of the file; what is broken in it names nobody. Pure. */
export function childrenIn(text: string): Child[] {
  const list = parseList(text)
  return list.flatMap((entry) => {
    const mark = markIn(JSON.stringify(entry) ?? '')
    const [name, argvHash] = ['name', 'argvHash'].map((key): unknown => Reflect.get(Object(entry), key))
    return mark !== null && typeof name === 'string' && typeof argvHash === 'string' ? [{ name, ...mark, argvHash }] : []
  })
}

function parseList(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : []
  } catch (error) {
    if (error instanceof SyntaxError) return []
    throw error
  }
}
