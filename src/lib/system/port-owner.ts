import { basename } from 'node:path'
import { readLink, readText } from './files.ts'
import { listFolder } from './folders.ts'

/** A program that listens on a port. Pid and name are null where it belongs to another user. */
export interface PortOwner {
  pid: number | null
  /** `nginx`. */
  name: string | null
}

/** How many processes are looked at before the answer is "unknown". */
const maxProcesses = 4000

/**
 * Who else listens on a TCP port of this computer, for messages like "taken by nginx (pid 1234)". Null where nobody does, and on systems
 * without /proc. Our own process is passed over. Throws nothing that a message should fail for.
 */
export async function portOwner(port: number): Promise<PortOwner | null> {
  if (process.platform !== 'linux') return null
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(async (path) => await readText(path)))
  const inodes = new Set(tables.flatMap((table) => listeningInodes(table ?? '', port)))
  if (inodes.size === 0) return null
  const pid = await pidOf(inodes)
  if (pid === process.pid) return null
  if (pid === null) return { pid, name: null }
  const [comm, cmdline] = await Promise.all([readText(`/proc/${pid}/comm`), readText(`/proc/${pid}/cmdline`)])
  return { pid, name: programName(comm ?? '', cmdline ?? '') }
}

/** Whether anybody listens on a TCP port of this computer; nobody is dialled for it. Null on systems without /proc. Throws `FILE_NOT_READABLE`. */
export async function isListenedOn(port: number): Promise<boolean | null> {
  if (process.platform !== 'linux') return null
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(async (path) => await readText(path)))
  return tables.some((table) => listeningInodes(table ?? '', port).length > 0)
}

/** What to call a process, from the texts of /proc/<pid>/comm and cmdline (proc(5)); null where both are empty. Pure. */
export function programName(comm: string, cmdline: string): string | null {
  const [program = '', script = '', word] = cmdline.split('\0')
  if (word === 'gateway' && /(^|[/])(xopc|bin[/]run\.js)$/.test(script)) return 'another xopc gateway'
  // Node names its main thread so, which tells nobody anything.
  const name = comm.trim() === 'MainThread' ? basename(program) : comm.trim()
  return name === '' ? null : name
}

/** Inodes of sockets that listen on the port, from the text of /proc/net/tcp (proc_pid_net(5): 0A is LISTEN, the tenth column the inode). Pure. */
export function listeningInodes(table: string, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const rows = table
    .split('\n')
    .slice(1)
    .map((row) => row.trim().split(/\s+/u))
  return rows.filter(([, local, , state]) => state === '0A' && local?.endsWith(`:${hex}`)).flatMap((row) => row[9] ?? [])
}

async function pidOf(inodes: ReadonlySet<string>): Promise<number | null> {
  const pids = ((await listFolder('/proc')) ?? []).filter((name) => /^\d+$/u.test(name)).slice(0, maxProcesses)
  const wanted = new Set([...inodes].map((inode) => `socket:[${inode}]`))
  let ours: number | null = null
  for (const pid of pids) {
    if (!(await holds(`/proc/${pid}/fd`, wanted))) continue
    if (Number(pid) !== process.pid) return Number(pid)
    ours = process.pid
  }
  return ours
}

async function holds(folder: string, wanted: ReadonlySet<string>): Promise<boolean> {
  try {
    const names = (await listFolder(folder)) ?? []
    const links = await Promise.all(names.map(async (name) => await readLink(`${folder}/${name}`)))
    return links.some((link) => link !== null && wanted.has(link))
  } catch {
    // Other users' processes keep their files to themselves, and processes end while they are looked at: neither is the one we can name.
    return false
  }
}
