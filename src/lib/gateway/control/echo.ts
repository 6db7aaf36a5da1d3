import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { probePaths } from '../../protocol/probe-api.ts'
import type { Exchange } from '../edge/exchange.ts'
import { replyTo, sendError } from '../edge/reply.ts'
import { gatewayErrors } from '../errors.ts'
import { refusalAt } from './gate.ts'
import { refusalOf } from './render.ts'

const MAX_MESSAGE_BYTES = 64 * 1024

/** The WebSocket of the staged test: it sends back what it gets. */
export interface Echo {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, exchange: Exchange): Promise<void>
  size(): number
  close(): void
}

/** Makes the echo; the WebSocket library is loaded with the first handshake. */
export function createEcho(): Echo {
  let server: import('ws').WebSocketServer | null = null

  async function load(): Promise<import('ws').WebSocketServer> {
    const { WebSocketServer } = await import('ws')
    return (server ??= new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false }))
  }

  return {
    async upgrade(request, socket, head, exchange) {
      // A socket without a listener would end the process with its first error; the close that follows says the rest.
      socket.on('error', () => socket.destroy())
      const refusal =
        pathOf(request) === probePaths.echo ? refusalAt({ scope: 'probe' }, exchange) : gatewayErrors.NOT_FOUND({ path: pathOf(request) })
      if (refusal !== null) return sendError(replyTo(request, socket), refusal, refusalOf(refusal).headers)
      const accepted = await load()
      accepted.handleUpgrade(request, socket, head, (client) => {
        client.on('error', () => client.terminate())
        client.on('message', (data, binary) => client.send(data, { binary }))
      })
    },
    size: () => server?.clients.size ?? 0,
    close() {
      for (const client of server?.clients ?? []) client.close(1001, 'gateway.stopping')
      server?.close()
    },
  }
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/'
}
