import { connect, createServer, type Socket } from 'node:net'
import type { Clock } from '../system/clock.ts'
import { sourceOf } from './client-address.ts'
import { listenAt } from './listen.ts'

/** One connection of an frpc, through us to frps. */
export interface Link {
  /** Who it is, for limits. */
  readonly source: string
  /** It has shown a good token, and may stay. */
  stay(): void
  /** Ends both halves at once, whatever runs through them. */
  cut(): void
  /** Resolves when it is gone. */
  readonly gone: Promise<void>
}

/** The port that gateways dial: everything goes on to frps, and every link can be cut. */
export interface Passage {
  readonly port: number
  /** The link that frps sees come from this port of loopback. */
  link(localPort: number): Link | undefined
  count(): number
  close(): Promise<void>
}

/** Where it listens, where it leads, and how many come in. */
export interface PassageOptions {
  host: string
  port: number
  /** Port of frps on 127.0.0.1. */
  target: number
  /** Links from one address at the same time. */
  perSource: number
  clock: Clock
}

/** Who has shown no token by then is cut, milliseconds. */
const LOGIN_MS = 10_000
/** How long the rest of what one end said may take to reach the other, milliseconds. */
const LINGER_MS = 5000
/** All links at the same time. */
const MOST = 20_000

/** Opens it. Throws `BROKER_PORT_TAKEN`. */
export async function openPassage(options: PassageOptions): Promise<Passage> {
  const links = new Map<number, Link>()
  const sources = new Map<string, number>()
  const open = new Set<Link>()
  const server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 }, (gateway) => {
    const source = sourceOf(gateway.remoteAddress, undefined)
    const held = sources.get(source) ?? 0
    gateway.on('error', ended)
    if (held >= options.perSource || open.size >= MOST) return void gateway.destroy()
    sources.set(source, held + 1)
    let own = 0
    const link = joined(gateway, source, options, (localPort) => {
      own = localPort
      links.set(own, link)
    })
    open.add(link)
    void link.gone.then(() => {
      open.delete(link)
      links.delete(own)
      const left = (sources.get(source) ?? 1) - 1
      if (left === 0) sources.delete(source)
      else sources.set(source, left)
    })
  })
  const port = await listenAt(server, options.host, options.port)
  return {
    port,
    link: (localPort) => links.get(localPort),
    count: () => open.size,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const link of open) link.cut()
      await closed
    },
  }
}

/** Joins a gateway's connection with one of ours to frps. */
function joined(gateway: Socket, source: string, { target, clock }: PassageOptions, connected: (localPort: number) => void): Link {
  const gone = Promise.withResolvers<void>()
  const stays = new AbortController()
  const over = new AbortController()
  const frps = connect({ host: '127.0.0.1', port: target, allowHalfOpen: true, noDelay: true })
  const cut = (): void => {
    gateway.destroy()
    frps.destroy()
  }
  // frps cannot speak of the connection before this: nothing was sent on it.
  frps.once('connect', () => connected(frps.localPort ?? 0))
  frps.on('error', ended)
  // What was still to be written is written; a half that is gone takes the other one with it, also where nobody reads the rest.
  for (const [half, other] of [[gateway, frps] as const, [frps, gateway] as const])
    half.once('close', () => {
      other.destroySoon()
      clock.sleep(LINGER_MS, over.signal).then(cut, ended)
    })
  gateway.pipe(frps).pipe(gateway)
  void Promise.all([gateway, frps].map(async (half) => await closed(half))).then(() => {
    stays.abort()
    over.abort()
    gone.resolve()
  })
  clock.sleep(LOGIN_MS, stays.signal).then(cut, ended)
  return { source, cut, gone: gone.promise, stay: () => stays.abort() }
}

async function closed(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => socket.once('close', () => resolve()))
}

/** A connection that broke off is closed, which is what counts. */
function ended(): void {}
