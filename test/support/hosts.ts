import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tempFolder } from './cleanup.ts'
import { peerPath } from './peers.ts'

/** A program and its arguments. */
export type Argv = readonly [string, ...string[]]

/** What a process under test finds when it looks a name up; this computer's own files stay as they are. */
export interface Names {
  /** Its /etc/hosts, beside localhost: a name and its address, or addresses. */
  hosts?: Readonly<Record<string, string | readonly string[]>> | undefined
  /** Its only name server (port 53 there): `address` of `startDns`. Without one, no other name resolves, at once. */
  dns?: string | undefined
}

/** Gives a function that puts a program into a mount namespace with names of its own: same network, same pid. Throws without the right `own-hosts`. */
export async function inOwnNames({ hosts = {}, dns }: Names): Promise<(argv: Argv) => Argv> {
  const unshare = peerPath('own-hosts')
  if (unshare === null) throw new Error('names of its own need root and mount namespaces: ask needsPeer for own-hosts')
  const lines = Object.entries(hosts).flatMap(([name, addresses]) => [addresses].flat().map((address) => `${address} ${name}`))
  const files = {
    '/etc/hosts': ['127.0.0.1 localhost', '::1 localhost', ...lines],
    '/etc/resolv.conf': dns === undefined ? [] : [`nameserver ${dns}`],
    '/etc/nsswitch.conf': [`hosts: files ${dns === undefined ? '' : 'dns'}`, 'passwd: files', 'group: files'],
  }
  const folder = await tempFolder()
  const mounts = Object.entries(files).map(async ([target, text], index) => {
    const path = join(folder, String(index))
    await writeFile(path, `${text.join('\n')}\n`)
    return `mount --bind ${path} ${target} && `
  })
  const script = `${(await Promise.all(mounts)).join('')} exec "$@"`
  return (argv) => [unshare, '--mount', 'sh', '-c', script, 'sh', ...argv]
}
