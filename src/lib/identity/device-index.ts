import type { DeviceRecord } from './device-record.ts'

/** Who may come in, ready to be looked up. Pure. */
export function indexOf(records: Iterable<DeviceRecord>) {
  const living = [...records].filter(({ revokedAt }) => revokedAt === null)
  const origins = new Set(living.flatMap(({ baseUrl }) => baseUrl ?? []))
  return {
    ids: new Set(living.map(({ id }) => id)),
    byHash: new Map(living.map(({ id, tokenHash }) => [tokenHash, id])),
    origins,
    sites: [...origins].map((origin) => siteOf(origin)),
  }
}

/** An origin as `namesAuthority` compares it. Pure. */
export function siteOf(origin: string): { host: string; proto: 'http' | 'https' } {
  const { host, protocol } = new URL(origin)
  return { host, proto: protocol === 'https:' ? 'https' : 'http' }
}
