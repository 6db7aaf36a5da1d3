import type { Config } from '../lib/config/schema.ts'
import type { LoadOptions } from '../lib/config/load.ts'

/**
 * `gateway.mode` and `gateway.remote` of the configuration. Where a value is wrong no gateway is saved, and what `xopc remote` writes may mend it.
 * Throws `CONFIG_INVALID` for a file that cannot be read as an object, `CONFIG_NOT_A_FILE`, `FILE_NOT_READABLE`.
 */
export async function savedRemote(options: LoadOptions): Promise<Pick<Config['gateway'], 'mode' | 'remote'>> {
  const [{ inspectConfig, usable }, { valueAt }] = await Promise.all([import('../lib/config/load.ts'), import('../lib/config/tree.ts')])
  const loaded = await inspectConfig(options)
  const { values } = loaded.source
  if (loaded.config !== null || values === null) return usable(loaded).gateway
  return { mode: valueAt(values, ['gateway', 'mode']) === 'remote' ? 'remote' : 'local', remote: undefined }
}
