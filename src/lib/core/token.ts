import { type ConfigStore, newToken } from '../config/watch.ts'
import { coreErrors } from './errors.ts'

/** A new owner token of 48 hex digits, saved. Throws `SETTING_OVERRIDDEN` where a flag or the environment sets another, and what saving throws. */
export async function replaceToken(config: ConfigStore): Promise<string> {
  const key = 'gateway.auth.token'
  refuseOrigin(config, key)
  const token = newToken()
  await config.edit({ [key]: token })
  return token
}

/** Throws `SETTING_OVERRIDDEN` where saving a key would change nothing, because a flag or the environment wins. */
export function refuseOrigin(config: ConfigStore, key: string): void {
  const origin = config.origin(key)
  if (origin !== null) throw coreErrors.SETTING_OVERRIDDEN({ key, origin })
}
