import type { FrpsSettings } from '../binaries/frps-config.ts'

const LIMIT_MS = 2000

/** Asks frps how many connections visitors have to a proxy of type http, also one that is closed. Rejects where it gives no number. */
export async function connectionsOf(proxyName: string, { port, user, password }: FrpsSettings['web']): Promise<number> {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  const reply = await fetch(`http://127.0.0.1:${port}/api/proxy/http/${encodeURIComponent(proxyName)}`, {
    headers: { authorization },
    signal: AbortSignal.timeout(LIMIT_MS),
  })
  // It never heard of that one.
  if (reply.status === 404) return 0
  const body: unknown = reply.ok ? await reply.json() : null
  if (typeof body === 'object' && body !== null && 'curConns' in body && typeof body.curConns === 'number') return body.curConns
  throw new Error(`frps answers ${reply.status} when it is asked for the connections of ${proxyName}`)
}
