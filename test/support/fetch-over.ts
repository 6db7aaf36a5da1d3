import type { Socket } from 'node:net'
import { Agent, fetch as fetchWith } from 'undici'

/** Opens a connection to this port of 127.0.0.1 in some network. Throws where nobody listens. */
export type Dial = (port: number) => Promise<Socket>

/** Gives a `fetch` for http addresses of that network; each request has a connection of its own. The host of an address is only what is said: `dial` leads to loopback. */
export function fetchOver(dial: Dial): typeof fetch {
  const dispatcher = new Agent({
    pipelining: 0,
    connect: ({ port }, connected) => {
      dial(Number(port) || 80).then(
        (socket) => connected(null, socket),
        (error: unknown) => connected(new Error(`no connection to port ${port}`, { cause: error }), null),
      )
    },
  })
  // `as`: undici is what Node's own fetch is made of; its types differ from those of the browser in names alone, for what tests use.
  return ((address: string, init: object) => fetchWith(address, { ...init, dispatcher })) as unknown as typeof fetch
}
