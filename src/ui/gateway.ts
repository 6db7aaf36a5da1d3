import { createClient } from '../lib/client/xopc-client.ts'
import type { Xopc } from '../lib/core/xopc.ts'
import { XopcError } from '../lib/errors/error.ts'
import type { GatewayEvent, Overview, Status } from '../lib/protocol/http-api.ts'
import type { Facts } from './facts.ts'
import type { Elsewhere } from './own-way.ts'
import { leave, notes, signOut } from './session.ts'
import { createStore, type Store } from './store.ts'
import { transport } from './transport.ts'

/** How long after a broken stream the next one is tried (ms). */
const RETRY_MS = 2000

/** What changes neither the status nor the overview; where the tunnel’s phase changes, `access.state` says so, too. */
const unmoved: ReadonlySet<GatewayEvent['type']> = new Set(['gateway.stopping', 'device.seen', 'tunnel.status'])

/** What the page knows of the gateway. */
export interface Sight {
  overview: Overview | null
  status: Status | null
  /** When both were true (ms since the epoch); 0 before the first. */
  seenAt: number
  live: boolean
  /** Why it is not live, in a sentence; empty where it is. */
  gone: string
  /** Where the page is to be had instead: a person closed the way that it came by. */
  elsewhere: Elsewhere | null
  /** What the gateway refused. */
  problem: unknown
}

/** The gateway as this page sees it. */
export interface Gateway {
  client: Xopc
  sight: Store<Sight>
  /** Calls back on events of these types, and whenever the stream began anew; gives back how to stop. */
  on(types: readonly GatewayEvent['type'][], heard: (event: GatewayEvent) => void): () => void
  /** Follows the gateway for as long as the page lives. */
  follow(): void
  /** Asks for everything anew. */
  refresh(): Promise<void>
  /** Waits for a change, and asks for everything anew, however it went. Throws what it throws. */
  change<Result>(what: Promise<Result>): Promise<Result>
  /** Closes the way that this page came by, and says from then on where it is. The answer may not arrive any more. Throws what the gateway says. */
  closeWay(after: Elsewhere, close: () => Promise<unknown>): Promise<void>
  signOut(): Promise<void>
}

/** Keeps what the gateway says current by its events; asks for nothing in between. */
export function createGateway({ who }: Pick<Facts, 'who'>): Gateway {
  const client = createClient(transport)
  const sight = createStore<Sight>({ overview: null, status: null, seenAt: 0, live: false, gone: '', elsewhere: null, problem: null })
  const listeners = new Set<(event: GatewayEvent) => void>()
  let turn: Promise<void> = Promise.resolve()
  let next: Promise<void> | null = null
  let connected = false
  let stopping = false
  let leaving = false

  async function read(): Promise<void> {
    const [status, overview] = await Promise.all([client.status(), client.overview()])
    sight.set({ status, overview, seenAt: Date.now(), problem: null })
    if (connected) mark(true)
  }

  /** One after the other, so that an older answer never replaces a newer one; who asks before the next begins shares it. */
  function refresh(): Promise<void> {
    const begin = async (): Promise<void> => {
      next = null
      await read()
    }
    turn = next ??= turn.then(begin).catch(lost)
    return turn
  }

  function mark(live: boolean): void {
    if (live) stopping = false
    const { elsewhere } = sight.get()
    if (elsewhere !== null) return sight.set({ live: false, gone: elsewhere.text })
    sight.set({ live, gone: live ? '' : stopping ? 'The gateway was stopped.' : 'No connection to the gateway.' })
  }

  async function lost(error: unknown): Promise<void> {
    if (leaving) return
    const { seenAt, gone } = sight.get()
    const refused = error instanceof XopcError ? error : null
    // Only where it was good before: else the page that comes back would ask again, and again.
    if (refused?.http === 401 && seenAt > 0)
      return await leave(who === 'device' ? notes.revoked : gone === '' ? notes.ended : notes.restarted)
    mark(false)
    // What is seen already says by the bar how old it is; `xopc ui` answers in the gateway's place that it is gone.
    if (refused !== null && (refused.http < 500 || seenAt === 0)) sight.set({ problem: refused })
  }

  function hear(event: GatewayEvent): void {
    if (event.type === 'gateway.stopping') stopping = true
    if (event.type === 'connected') {
      connected = true
      // Somebody opened that way again; an address that was left for another stays left.
      if (sight.get().elsewhere?.url === undefined) sight.set({ elsewhere: null })
    }
    if (!unmoved.has(event.type)) void refresh()
    for (const heard of listeners) heard(event)
  }

  async function listen(): Promise<void> {
    let lastId: number | undefined
    for (;;) {
      try {
        for await (const event of client.events(new AbortController().signal, lastId)) {
          lastId = event.id
          hear(event)
        }
      } catch (error) {
        connected = false
        await lost(error)
      }
      connected = false
      // Why it ended is told by the next answer: none, or that the session is over.
      await refresh()
      if (!leaving) mark(false)
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }

  return {
    client,
    sight,
    on(types, heard) {
      const listener = (event: GatewayEvent): void => {
        if (event.type === 'connected' || types.includes(event.type)) heard(event)
      }
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    follow() {
      void listen()
      // A computer that slept may have lost the stream without being told.
      document.addEventListener('visibilitychange', () => {
        if (!document.hidden) void refresh()
      })
    },
    refresh,
    async change(what) {
      try {
        return await what
      } finally {
        await refresh()
      }
    },
    async closeWay(after, close) {
      try {
        await close()
      } catch (error) {
        // A proxy on the way says in the gateway's place that it finds nobody any more.
        if (error instanceof XopcError && error.code !== 'NOT_XOPC_GATEWAY') throw error
      }
      // Also while connections from before go on.
      sight.set({ elsewhere: after })
      mark(false)
    },
    async signOut() {
      // The gateway ends the stream with the session, which is no news here.
      leaving = true
      try {
        await signOut()
        await leave(notes.signedOut)
      } finally {
        leaving = false
      }
    },
  }
}
