import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../../config/schema.ts'

/** Whether a new configuration lets in other people than the old one: then what they opened by the old one has to end. Pure. */
export function signInChanged(before: Config, after: Config): boolean {
  return !isDeepStrictEqual(deciding(before), deciding(after))
}

function deciding({ gateway: { auth, trustedProxies } }: Config): unknown[] {
  const proxy = auth.mode === 'trusted-proxy' ? [auth.trustedProxy, trustedProxies] : null
  return [auth.mode, auth.token, auth.password, proxy]
}
