import { Agent, type ClientRequestArgs } from 'node:http'
import { Duplex } from 'node:stream'
import { type Faults, ONE_REPLY, type Send, sendBy } from './send.ts'

/** One connection, used for one request after the other. Where it is closed it stays closed: no other one takes its place. */
export interface Line {
  send: Send
  close(): void
}

/** Takes over a connection. What is sent rejects with what `faults` makes of a connection that the other end closed. */
export function openLine(socket: Duplex, faults: Faults): Line {
  const agent = new OneConnection(socket)
  return {
    send: async (outgoing) => await sendBy({ agent }, outgoing, faults),
    close() {
      agent.destroy()
      socket.destroy()
    },
  }
}

/** Node's agent for one connection, which somebody else made. */
class OneConnection extends Agent {
  #socket: Duplex | null

  constructor(socket: Duplex) {
    super({ keepAlive: true, maxSockets: 1 })
    this.#socket = socket
  }

  override createConnection(_options: ClientRequestArgs, callback?: (error: Error | null, stream: Duplex) => void): Duplex | null {
    const socket = this.#socket
    this.#socket = null
    if (socket !== null) return socket
    // Node's type asks for a stream beside the error, and its agent looks at the error alone.
    callback?.(Object.assign(new Error('closed'), { code: ONE_REPLY }), new Duplex())
    return null
  }
}
