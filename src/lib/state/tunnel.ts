import { leaseGrammar } from '../protocol/broker-api.ts'
import { fieldsOf } from '../protocol/fields.ts'
import { readText, remove, writeAtomic } from '../system/files.ts'
import { stateErrors } from './errors.ts'
import type { State } from './store.ts'

/** `tunnel.json`: the lease that a broker gave last, so that the next start gets the same name. */
export interface SavedTunnel {
  /** Base of the API of the broker that gave it. */
  brokerUrl: string
  tunnelId: string
  /** Renews the lease, and takes it over after a restart. */
  tunnelToken: string
  subdomain: string
  publicUrl: string
  /** Where its frp server is; the token for it is not kept. */
  frpc: { serverAddr: string; serverPort: number; proxyName: string }
  /** ISO 8601, as the others. */
  registeredAt: string
  /** When the tunnel last worked through its public address; null where it never has. By it `tunnel.autoStart` is allowed. */
  succeededAt: string | null
}

/** The lease of last time; null where there is none. Throws `TUNNEL_STATE_BROKEN`, `FILE_NOT_READABLE`. */
export async function readTunnel({ paths }: Pick<State, 'paths'>): Promise<SavedTunnel | null> {
  const text = await readText(paths.tunnel)
  if (text === null) return null
  const value = parsed(text, paths.tunnel)
  if (!isSaved(value)) throw stateErrors.TUNNEL_STATE_BROKEN({ path: paths.tunnel })
  return value
}

/** Keeps a lease, or forgets it. Throws what writing throws. */
export async function saveTunnel({ paths }: Pick<State, 'paths'>, tunnel: SavedTunnel | null): Promise<void> {
  if (tunnel === null) await remove(paths.tunnel)
  else await writeAtomic(paths.tunnel, `${JSON.stringify(tunnel, null, 2)}\n`)
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's message quotes the text, which holds a token: it is not kept as cause.
    throw stateErrors.TUNNEL_STATE_BROKEN({ path })
  }
}

function isSaved(value: unknown): value is SavedTunnel {
  const { brokerUrl, tunnelId, tunnelToken, subdomain, publicUrl, frpc, registeredAt, succeededAt } = fieldsOf(value)
  const { serverAddr, serverPort, proxyName } = fieldsOf(frpc)
  return (
    isUrl(brokerUrl) &&
    isUrl(publicUrl) &&
    matches(tunnelId, leaseGrammar.id) &&
    matches(tunnelToken, leaseGrammar.token) &&
    matches(subdomain, leaseGrammar.subdomain) &&
    matches(serverAddr, leaseGrammar.host) &&
    matches(proxyName, leaseGrammar.id) &&
    typeof serverPort === 'number' &&
    isTime(registeredAt) &&
    (succeededAt === null || isTime(succeededAt))
  )
}

function matches(value: unknown, grammar: RegExp): boolean {
  return typeof value === 'string' && grammar.test(value)
}

function isUrl(value: unknown): boolean {
  return typeof value === 'string' && URL.canParse(value)
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value))
}
