import { type ConfigStore, newToken } from '../config/watch.ts'
import { editConfig } from '../config/edit.ts'
import { type LoadOptions, inspectConfig } from '../config/load.ts'
import { configInvalid } from '../config/problems.ts'
import { coreErrors } from './errors.ts'

const key = 'gateway.auth.token'

/** A new owner token of 48 hex digits, saved. Throws `SETTING_OVERRIDDEN` where a flag or the environment sets another, and what saving throws. */
export async function replaceToken(config: ConfigStore): Promise<string> {
  refuseOrigin(config, key)
  const token = newToken()
  const { reload } = await config.edit({ [key]: token })
  if (reload?.ok === false) {
    throw configInvalid(config.path, reload.problems, 'has the new token, but cannot be used; until it can, the old token stays')
  }
  return token
}

/** The same without a gateway, also in a file that cannot be used as it is. Throws `SETTING_OVERRIDDEN`, and what `editConfig` throws. */
export async function replaceTokenInFile(options: LoadOptions): Promise<string> {
  const { origins } = await inspectConfig(options)
  refuseOrigin({ origin: (path) => origins.get(path) ?? null }, key)
  const token = newToken()
  await editConfig({ ...options, edits: { [key]: token } })
  return token
}

/** Throws `SETTING_OVERRIDDEN` where saving a key would change nothing, because a flag or the environment wins. */
export function refuseOrigin(config: Pick<ConfigStore, 'origin'>, key: string): void {
  const origin = config.origin(key)
  if (origin !== null) throw coreErrors.SETTING_OVERRIDDEN({ key, origin })
}
