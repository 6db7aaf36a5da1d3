import { homedir, tmpdir, userInfo } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { systemErrors } from './errors.ts'

/** The places under the state folder (contract: files and environment). */
export interface StatePaths {
  /** The state folder itself, 0700. */
  dir: string
  /** The configuration file: `XOPC_CONFIG`, else `xopc.json` in the state folder; `--config` wins over both. */
  config: string
  identity: string
  /** What joined by a pairing code. */
  devices: string
  exposures: string
  /** The lease of the public tunnel. */
  tunnel: string
  /** Gateways elsewhere that this computer has met. */
  knownGateways: string
  logs: string
  gatewayLog: string
  auditLog: string
  /** What lives only while a gateway runs, 0700: lock, children, sockets. */
  run: string
  /** The lock of the running gateway. */
  lock: string
  /** What the gateway started. */
  children: string
}

/** The state folder: `XOPC_STATE_DIR`, else `.xopc` in the home folder. A missing HOME falls back to the user database. Throws `NO_HOME`. */
export function statePaths(env: NodeJS.ProcessEnv): StatePaths {
  const dir = stateDir(env)
  const logs = join(dir, 'logs')
  const run = join(dir, 'run')
  return {
    dir,
    config: env['XOPC_CONFIG'] ? resolve(env['XOPC_CONFIG']) : join(dir, 'xopc.json'),
    identity: join(dir, 'identity.json'),
    devices: join(dir, 'devices.json'),
    exposures: join(dir, 'exposures.json'),
    tunnel: join(dir, 'tunnel.json'),
    knownGateways: join(dir, 'known-gateways.json'),
    logs,
    gatewayLog: join(logs, 'gateway.log'),
    auditLog: join(logs, 'audit.log'),
    run,
    lock: join(run, 'gateway.json'),
    children: join(run, 'children.json'),
  }
}

/** A folder that could hold our sockets. */
export interface RunDirCandidate {
  path: string
  /** `runtime`: the folder above it must be ours already. `shared`: it is made by us where anybody can write. */
  place: 'state' | 'runtime' | 'shared'
  parent: string
}

/** Unix sockets: 108 bytes on Linux, 104 on macOS, both with a closing zero. */
const maxSocketPath = 100
/** The longest name of a socket in the folder, with its slash. */
const socketName = '/control.sock'

/**
 * Folders for sockets, best first, each with room for a socket's name: `run/` of the state folder, one in `XDG_RUNTIME_DIR`, one in `xopc-<uid>`
 * of the temporary folder. A hash keeps state folders apart. `realDir` is the state folder with links resolved. Throws `SOCKET_PATH_TOO_LONG`.
 */
export async function runDirCandidates(env: NodeJS.ProcessEnv, paths: StatePaths, realDir: string): Promise<RunDirCandidate[]> {
  const own: RunDirCandidate = { path: paths.run, place: 'state', parent: paths.dir }
  if (fits(own)) return [own]
  const hash = await shortHash(realDir)
  const runtime = env['XDG_RUNTIME_DIR']
  const shared = join(env['TMPDIR'] || tmpdir(), `xopc-${process.geteuid?.() ?? 'user'}`)
  const others: RunDirCandidate[] = [
    ...(runtime && isAbsolute(runtime) ? [{ path: join(runtime, `xopc-${hash}`), place: 'runtime' as const, parent: runtime }] : []),
    { path: join(shared, hash), place: 'shared', parent: shared },
  ]
  const fitting = others.filter(fits)
  if (fitting.length > 0) return fitting
  throw systemErrors.SOCKET_PATH_TOO_LONG({ path: own.path + socketName, length: Buffer.byteLength(own.path + socketName) })
}

function fits({ path }: RunDirCandidate): boolean {
  return Buffer.byteLength(path + socketName) < maxSocketPath
}

/** Loaded only here: `xopc status` must not pay for it. */
async function shortHash(text: string): Promise<string> {
  const { createHash } = await import('node:crypto')
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

function stateDir(env: NodeJS.ProcessEnv): string {
  if (env['XOPC_STATE_DIR']) return resolve(env['XOPC_STATE_DIR'])
  const home = env['HOME']
  // A relative HOME would put secrets wherever the command happens to run.
  return join(home !== undefined && isAbsolute(home) ? home : databaseHome(), '.xopc')
}

function databaseHome(): string {
  try {
    const home = process.platform === 'win32' ? homedir() : userInfo().homedir
    if (isAbsolute(home)) return home
  } catch (error) {
    throw systemErrors.NO_HOME({}, { cause: error })
  }
  throw systemErrors.NO_HOME()
}
