import type { Config } from './schema.ts'
import { configKeys, keyAt, ownerOf } from './keys.ts'
import { isReference } from './environment.ts'
import { type Tree, isRecord, valueAt } from './tree.ts'
import { toSegments } from './problems.ts'
import { hideUserinfo, passwordIn } from './upstream-url.ts'

/** Shown in place of a secret, whatever its length. Sent back it means "as it is". */
export const MASK = '••••••••••••'

/** Paths that hold a secret, from the schema. */
export const secretPaths: readonly string[] = configKeys.filter(({ secret }) => secret).map(({ path }) => path)

/** URLs that receive a stored secret: who may change the one could have the other sent to them. */
export const receivers: readonly { url: string; secret: string }[] = [
  { url: 'gateway.agent.url', secret: 'gateway.agent.apiKey' },
  { url: 'gateway.remote.url', secret: 'gateway.remote.token' },
  { url: 'gateway.remote.url', secret: 'gateway.remote.password' },
  { url: 'gateway.remote.sshTarget', secret: 'gateway.remote.token' },
  { url: 'gateway.remote.sshTarget', secret: 'gateway.remote.password' },
  { url: 'tunnel.brokerUrl', secret: 'tunnel.registrationSecret' },
]

/** The file's values with every secret masked. A `"${NAME}"` is not the secret and stays; a value at a key that nobody knows may be one. */
export function maskSecrets(values: Tree): Record<string, unknown> {
  // `as`: a record stays a record when its values are replaced.
  return maskAt(values, '') as Record<string, unknown>
}

/** The same for the value at one path. */
export function maskAt(value: unknown, path: string): unknown {
  if (Array.isArray(value)) return value.map((item, index) => maskAt(item, `${path}.${index}`))
  if (isRecord(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, maskAt(child, path === '' ? key : `${path}.${key}`)]))
  }
  if (typeof value !== 'string' || isReference(value)) return value
  const key = ownerOf(path)
  return key === undefined || key.secret ? MASK : hideUserinfo(value)
}

/** Whether a new value is only what `maskSecrets` shows of the old one. */
export function isUnchangedMask(path: string, value: unknown, old: unknown): boolean {
  if (typeof value !== 'string') return false
  if (keyAt(path)?.secret === true) return value === MASK
  return value.includes('//***@') && typeof old === 'string' && value === hideUserinfo(old)
}

/** Secrets in effect, by path; the password of the upstream's URL is one as well. */
export function secretsIn(config: Config): [path: string, secret: string][] {
  const own = secretPaths.map((path): [string, unknown] => [path, valueAt(config, toSegments(path))])
  const upstream = config.gateway.upstream === undefined ? null : passwordIn(config.gateway.upstream.url)
  return [...own, ['gateway.upstream.url', upstream] as const].flatMap(([path, value]) =>
    typeof value === 'string' ? [[path, value]] : [],
  )
}
