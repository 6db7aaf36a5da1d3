import { randomBytes } from 'node:crypto'
import type { ConfigStore } from '../config/watch.ts'
import { coreErrors } from './errors.ts'

/** A new owner token of 48 hex digits, saved. Throws `SETTING_OVERRIDDEN` where a flag or the environment sets another, and what saving throws. */
export async function replaceToken(config: ConfigStore): Promise<string> {
  const token = randomBytes(24).toString('hex')
  await config.edit({ 'gateway.auth.token': token })
  if (config.current().gateway.auth.token !== token) throw coreErrors.SETTING_OVERRIDDEN({ key: 'gateway.auth.token' })
  return token
}
