import { type ConfigStore, newToken } from '../config/watch.ts'
import { editConfig } from '../config/edit.ts'
import { type LoadOptions, inspectConfig } from '../config/load.ts'
import { configInvalid } from '../config/problems.ts'
import type { Config } from '../config/schema.ts'
import { coreErrors } from './errors.ts'

const key = 'gateway.auth.token'

/** A new owner token of 48 hex digits, saved. Throws `SETTING_OVERRIDDEN` where a flag or the environment sets another, `TOKEN_NOT_USED` where a proxy signs people in, and what saving throws. */
export async function replaceToken(config: ConfigStore): Promise<string> {
  refuseOrigin(config, key)
  refuseUnused(config.current())
  const token = newToken()
  const { reload } = await config.edit({ [key]: token })
  if (reload?.ok === false) {
    throw configInvalid(config.path, reload.problems, 'has the new token, but cannot be used; until it can, the old token stays')
  }
  return token
}

/** The same without a gateway, also in a file that cannot be used as it is. Throws `SETTING_OVERRIDDEN`, `TOKEN_NOT_USED`, and what `editConfig` throws. */
export async function replaceTokenInFile(options: LoadOptions): Promise<string> {
  const { origins, config } = await inspectConfig(options)
  refuseOrigin({ origin: (path) => origins.get(path) ?? null }, key)
  if (config !== null) refuseUnused(config)
  const token = newToken()
  await editConfig({ ...options, edits: { [key]: token } })
  return token
}

/** A new token that opens nothing would let its owner believe that the old ways in are closed. */
function refuseUnused({ gateway }: Config): void {
  if (gateway.auth.mode === 'trusted-proxy') throw coreErrors.TOKEN_NOT_USED()
}

/** Throws `SETTING_OVERRIDDEN` where saving a key would change nothing, because a flag or the environment wins. */
export function refuseOrigin(config: Pick<ConfigStore, 'origin'>, key: string): void {
  const origin = config.origin(key)
  if (origin !== null) throw coreErrors.SETTING_OVERRIDDEN({ key, origin })
}
