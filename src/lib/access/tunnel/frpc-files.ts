import { join } from 'node:path'
import type { State } from '../../state/store.ts'
import { remove } from '../../system/files.ts'

/** Takes away what frpc was started with; it holds the token of a lease. */
export async function removeFiles(folder: State): Promise<void> {
  await Promise.all([configPath(folder), caPath(folder)].map(async (path) => await remove(path)))
}

/** What frpc is started with. Pure. */
export function configPath({ paths }: State): string {
  return join(paths.run, 'frpc.toml')
}

/** Whom frpc believes. Pure. */
export function caPath({ paths }: State): string {
  return join(paths.run, 'frpc-ca.pem')
}
