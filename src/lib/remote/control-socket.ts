import { dirname } from 'node:path'
import type { Transport } from '../client/transport.ts'
import { requirePrivateDir } from '../system/folders.ts'
import { remoteErrors } from './errors.ts'
import { type Faults, type Send, sendBy } from './send.ts'
import { transportOver } from './transport.ts'

function faultsAt(place: string): Faults {
  return {
    unreachable: (reason, options) => remoteErrors.GATEWAY_UNREACHABLE({ place, reason }, options),
    late: (ms) => remoteErrors.GATEWAY_TIMEOUT({ place, seconds: Math.round(ms / 1000) }),
  }
}

/**
 * Sends requests to a socket of this computer. Each has a connection of its own, and a gateway that starts anew is found at once. Throws
 * `FOLDER_NOT_PRIVATE` and `STATE_NOT_OURS` where the socket's folder is a link, not ours or open to others, `GATEWAY_UNREACHABLE`,
 * `GATEWAY_TIMEOUT`, and the reason of a signal.
 */
export function createSocketSend(socketPath: string): Send {
  const faults = faultsAt(socketPath)
  return async (outgoing) => {
    // Whoever could put a socket there would be told the owner's commands; the gateway's end checks the same.
    await requirePrivateDir(dirname(socketPath))
    // No agent: a command makes one or two requests, and a connection kept alive would keep the process alive.
    const headers = { host: 'localhost', connection: 'close', ...outgoing.headers }
    return await sendBy({ socketPath, agent: false }, { ...outgoing, headers }, faults)
  }
}

/** The same as a client's transport. */
export function createSocketTransport(socketPath: string): Transport {
  return transportOver(createSocketSend(socketPath), faultsAt(socketPath))
}
