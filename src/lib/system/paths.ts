import { homedir } from 'node:os'
import { join } from 'node:path'

/** The places under the state folder (contract: files and environment). */
export interface StatePaths {
  /** The state folder itself, 0700. */
  dir: string
  config: string
  identity: string
  exposures: string
  logs: string
  gatewayLog: string
  auditLog: string
}

/** The state folder: `XOPC_STATE_DIR`, else `.xopc` in the home folder. Throws nothing; a missing HOME falls back to the user database. */
export function statePaths(env: NodeJS.ProcessEnv): StatePaths {
  const dir = env['XOPC_STATE_DIR'] || join(homedir(), '.xopc')
  const logs = join(dir, 'logs')
  return {
    dir,
    config: join(dir, 'xopc.json'),
    identity: join(dir, 'identity.json'),
    exposures: join(dir, 'exposures.json'),
    logs,
    gatewayLog: join(logs, 'gateway.log'),
    auditLog: join(logs, 'audit.log'),
  }
}
