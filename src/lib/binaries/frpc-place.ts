import { join } from 'node:path'
import { lookThrough } from '../system/files.ts'
import { frpcTarget, officialFrpc } from './frpc-digests.ts'

/** Whether there is one to be checked; looks at nothing but the name. Throws `FILE_NOT_READABLE`. */
export async function hasFrpc(state: { paths: { dir: string } }, env: NodeJS.ProcessEnv): Promise<boolean> {
  const target = frpcTarget({ os: process.platform, arch: process.arch })
  const fetched = target === null ? null : frpcPlace(state.paths.dir, officialFrpc.version, target)
  const path = env['XOPC_FRPC_PATH'] || fetched
  return path !== null && (await lookThrough(path))?.kind === 'file'
}

/** Where it is kept. Pure. */
export function frpcPlace(stateDir: string, version: string, target: string): string {
  return join(stateDir, 'bin', 'frpc', version, target, 'frpc')
}
