import type { Config } from '../lib/config/schema.ts'
import type { LoadOptions } from '../lib/config/load.ts'

/** `gateway.mode` and `gateway.remote` of the configuration. Throws `CONFIG_INVALID`, `CONFIG_NOT_A_FILE`, `FILE_NOT_READABLE`. */
export async function savedRemote(options: LoadOptions): Promise<Pick<Config['gateway'], 'mode' | 'remote'>> {
  const { inspectConfig, usable } = await import('../lib/config/load.ts')
  return usable(await inspectConfig(options)).gateway
}
