import { execFileSync } from 'node:child_process'
import { accessSync, closeSync, constants, openSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { beforeEach, describe } from 'vitest'

/** Not programs but rights that a suite can need: network namespaces of its own, names of its own, becoming another user, and network interfaces of programs. */
const rights: Record<string, () => string | null> = {
  netns: () => (isRoot() && succeeds('unshare', ['-n', 'true']) ? find('ip') : null),
  'own-hosts': () => (isRoot() && succeeds('unshare', ['--mount', 'mount', '--bind', '/etc/hosts', '/etc/hosts']) ? find('unshare') : null),
  'second-user': () => (isRoot() ? find('setpriv') : null),
  tun: () => (isRoot() && !fails(() => closeSync(openSync('/dev/net/tun', 'r+'))) ? '/dev/net/tun' : null),
}

/**
 * A suite that needs outside programs; it is given their paths in the order asked:
 * `needsPeer(['nginx', 'wrk'], 'a page through nginx', (nginx, wrk) => { it(…) })`.
 * Where one is missing the suite's tests count as skipped and the peer is named after the run; with `XOPC_REQUIRE_PEERS=1` they fail.
 * Besides the programs of `test/peers/install --list` there are `netns` (gives `ip`), `own-hosts` (gives `unshare`, see hosts.ts), `second-user` (gives `setpriv`) and `tun` (gives `/dev/net/tun`); all need root.
 */
export function needsPeer(peers: string | readonly string[], title: string, suite: (...paths: string[]) => void): void {
  const names = typeof peers === 'string' ? [peers] : peers
  const paths = names.map(peerPath)
  const missing = names.filter((_, index) => paths[index] === null)
  // A missing program's tests are still collected, so that the totals count them; their bodies never see the name in place of a path.
  const body = () => suite(...names.map((name, index) => paths[index] ?? name))
  if (missing.length === 0) describe(title, body)
  else if (process.env['XOPC_REQUIRE_PEERS'] === '1') describe(title, () => failing(missing, body))
  else describe(title, { skip: true, meta: { missingPeers: missing } }, body)
}

/** Path of a program that tests drive, from the peers' cache, else from PATH and the sbin folders; null where it is missing. */
export function peerPath(name: string): string | null {
  return Object.hasOwn(rights, name) ? (rights[name]?.() ?? null) : find(name)
}

function failing(missing: readonly string[], body: () => void): void {
  beforeEach(() => {
    throw new Error(`missing peers: ${missing.join(', ')}. XOPC_REQUIRE_PEERS=1 asks for them: test/peers/install`)
  })
  body()
}

function find(program: string): string | null {
  const path = process.env['PATH'] ?? ''
  const folders = [join(peersFolder(), 'bin'), ...path.split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin']
  return folders.map((folder) => join(folder, program)).find(isExecutable) ?? null
}

function peersFolder(): string {
  const { XOPC_PEERS, XDG_CACHE_HOME } = process.env
  return XOPC_PEERS || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'xopc-peers')
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}

function isExecutable(path: string): boolean {
  return !fails(() => accessSync(path, constants.X_OK))
}

function succeeds(command: string, args: readonly string[]): boolean {
  return !fails(() => execFileSync(command, args, { stdio: 'ignore', timeout: 5_000 }))
}

function fails(attempt: () => unknown): boolean {
  try {
    attempt()
    return false
  } catch {
    return true
  }
}
