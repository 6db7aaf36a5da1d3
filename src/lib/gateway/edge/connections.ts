import type { Duplex } from 'node:stream'
import type { Socket } from 'node:net'
import type { IngressId } from '../../protocol/http-api.ts'
import { isLoopback, plainAddress, sourceOf } from './addresses.ts'
import { followTrust } from './trust.ts'

/** Every open connection with the door it came through; holds the limits on those that proved nothing yet. Made once, given to `createIngresses` and `createEdge`. */
export interface Connections {
  /** A new connection; false where it is one too many and was destroyed. */
  accept(socket: Socket, ingress: IngressId): boolean
  /** A request begins on it. Returns the way to say that it ended, or null where nobody counts any more. */
  begin(socket: Duplex): (() => void) | null
  /** What the request said: `proven` a credential was good, `proxied` it carries forwarded headers. False where it is one too many and was destroyed. */
  judged(socket: Duplex, request: { proven: boolean; proxied: boolean }): boolean
  /** A request of somebody who may be thrown out runs on it. Returns the way to say that it ended. */
  runFor(socket: Duplex, holder: string): () => void
  count(): number
  /** Ends every connection on which a request of this one runs now and still runs after `afterMs`, so that a reply can still go out. */
  endOf(holder: string, afterMs?: number): void
  /** Ends every connection that a credential opened (not on `control`) after `afterMs`, so that a reply can still go out. */
  endProven(afterMs?: number): void
}

interface Connection {
  readonly socket: Socket
  readonly ingress: IngressId
  readonly source: string
  /** The peer may be a proxy that carries many visitors: one listed as trusted, the proxy socket, or (until its first request tells) a loopback peer. */
  readonly manyVisitors: 'yes' | 'no' | 'ask'
  /** Where it counts while it has proven nothing; null when proven. */
  pool: Set<Connection> | null
  busy: number
}

const PER_SOURCE = 64
const PER_INGRESS = 1_024

/** Counts connections. `trustedProxies` is `gateway.trustedProxies`. */
export function createConnections(given: { trustedProxies: () => readonly string[] }): Connections {
  const trusted = followTrust(given.trustedProxies)
  const all = new Map<Duplex, Connection>()
  const bySource = new Map<string, Set<Connection>>()
  const byIngress = new Map<IngressId, Set<Connection>>()
  const running = new Map<string, Set<{ socket: Duplex }>>()

  function manyVisitors(address: string | undefined): Connection['manyVisitors'] {
    if (address === undefined || trusted(address)) return 'yes'
    return isLoopback(plainAddress(address) ?? address) ? 'ask' : 'no'
  }

  function enter(connection: Connection, shared: boolean): boolean {
    leave(connection)
    const pool = shared ? poolOf(byIngress, connection.ingress) : poolOf(bySource, connection.source)
    connection.pool = pool
    pool.add(connection)
    return pool.size <= (shared ? PER_INGRESS : PER_SOURCE) || makeRoom(pool, connection)
  }

  function leave(connection: Connection): void {
    const { pool, source } = connection
    pool?.delete(connection)
    connection.pool = null
    if (pool?.size === 0 && bySource.get(source) === pool) bySource.delete(source)
  }

  /** Drops the oldest connection on which no request runs, or else the new one. */
  function makeRoom(pool: Set<Connection>, newest: Connection): boolean {
    const victim = pool.values().find((each) => each.busy === 0 && each !== newest) ?? newest
    leave(victim)
    victim.socket.destroy()
    return victim !== newest
  }

  return {
    accept(socket, ingress) {
      const address = socket.remoteAddress
      const source = address === undefined ? ingress : sourceOf(address)
      const connection: Connection = { socket, ingress, source, manyVisitors: manyVisitors(address), pool: null, busy: 0 }
      all.set(socket, connection)
      socket.once('close', () => {
        all.delete(socket)
        leave(connection)
      })
      // The control socket's file rights are its credential: nobody there is a stranger.
      return ingress === 'control' || enter(connection, connection.manyVisitors !== 'no')
    },
    begin(socket) {
      const connection = all.get(socket)
      if (!connection?.pool) return null
      connection.busy++
      return () => {
        connection.busy--
      }
    },
    judged(socket, { proven, proxied }) {
      const connection = all.get(socket)
      if (!connection?.pool) return true
      if (proven) leave(connection)
      else if (connection.manyVisitors === 'ask' && proxied !== (connection.pool === byIngress.get(connection.ingress))) {
        return enter(connection, proxied)
      }
      return true
    },
    runFor(socket, holder) {
      const run = { socket }
      const runs = poolOf(running, holder)
      runs.add(run)
      return () => {
        runs.delete(run)
        if (runs.size === 0 && running.get(holder) === runs) running.delete(holder)
      }
    },
    count: () => all.size,
    endOf(holder, afterMs = 250) {
      const runs = running.get(holder)
      const now = [...(runs ?? [])]
      setTimeout(() => now.filter((run) => runs?.has(run)).forEach(({ socket }) => socket.destroy()), afterMs).unref()
    },
    endProven(afterMs = 500) {
      const proven = [...all.values()].filter(({ pool, ingress }) => pool === null && ingress !== 'control')
      setTimeout(() => proven.forEach(({ socket }) => socket.destroy()), afterMs).unref()
    },
  }
}

function poolOf<Key, Member>(pools: Map<Key, Set<Member>>, key: Key): Set<Member> {
  const known = pools.get(key)
  if (known) return known
  const pool = new Set<Member>()
  pools.set(key, pool)
  return pool
}
