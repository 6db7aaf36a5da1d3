import { connect } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import { listFolder } from './folders.ts'
import { look } from './files.ts'
import { type InterfaceKind, interfaceKind } from './interface-kind.ts'

/** An address of one of this computer's network interfaces. */
export interface InterfaceAddress {
  /** As a URL would name it; a link-local IPv6 address has no zone here and works on its own link only. */
  address: string
  family: 'IPv4' | 'IPv6'
  /** `eth0`. */
  interface: string
  kind: InterfaceKind
}

/** Every address of this computer now, in the system's order. Throws `FILE_NOT_READABLE` where /sys cannot be read. */
export async function interfaces(): Promise<InterfaceAddress[]> {
  const all = Object.entries(networkInterfaces())
  const found = await Promise.all(all.map(async ([name, addresses = []]) => await withKind(name, addresses)))
  return found.flat()
}

/** This computer's addresses in one word: another word means that its network changed. */
export function networkPrint(): string {
  const all = Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) => addresses.map(({ cidr }) => `${name} ${cidr}`))
  return all.toSorted().join(', ')
}

async function withKind(name: string, addresses: readonly { address: string; family: 'IPv4' | 'IPv6'; internal: boolean }[]) {
  const internal = addresses.some((each) => each.internal)
  const kind = interfaceKind({ name, internal, hasDevice: await hasDevice(name) })
  return addresses.map(({ address, family }) => ({ address, family, interface: name, kind }))
}

/** Linux: an adapter has `device`; a bridge, bond or VLAN names what it is made of as `lower_<name>`. */
async function hasDevice(name: string, depth = 0): Promise<boolean | null> {
  if (process.platform !== 'linux') return null
  const folder = `/sys/class/net/${name}`
  if ((await look(`${folder}/device`)) !== null) return true
  const lower = ((await listFolder(folder)) ?? []).filter((entry) => entry.startsWith('lower_'))
  if (depth > 3) return false
  const found = await Promise.all(lower.map(async (entry) => await hasDevice(entry.slice('lower_'.length), depth + 1)))
  return found.includes(true)
}

/** Names by which this computer may be asked for on its network: its own, and the one of mDNS (`name.local`). */
export function hostNames(): string[] {
  const [full, short] = [hostname().toLowerCase(), hostname().toLowerCase().split('.')[0] ?? '']
  return [...new Set([full, short, `${short}.local`])].filter((name) => name !== '' && name !== '.local' && name !== 'localhost')
}

/** Whether a gateway answers `GET /health` with 200 on its unix socket within `timeoutMs`; false also where nothing listens. */
export async function answersHealth(socketPath: string, timeoutMs = 1500): Promise<boolean> {
  // By hand, because loading node:http costs more than everything else that `xopc status` does.
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect({ path: socketPath })
  let reply = ''
  socket.setEncoding('latin1')
  socket.on('connect', () => socket.write('GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'))
  socket.on('data', (text: string) => {
    reply += text
    if (reply.length >= 12) resolve(/^HTTP\/1\.[01] 200/u.test(reply))
  })
  socket.on('close', () => resolve(false))
  // ENOENT, ECONNREFUSED, EACCES: all mean that no gateway of ours answers here.
  socket.on('error', () => resolve(false))
  const timer = setTimeout(() => resolve(false), timeoutMs)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    socket.destroy()
  }
}
