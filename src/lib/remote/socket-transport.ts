import type { Transport } from '../client/transport.ts'

/** Reaches a gateway by its control socket. Throws `SOCKET_UNSAFE` where its folder is a link, not ours or open to others, `GATEWAY_UNREACHABLE`, `GATEWAY_TIMEOUT`. */
export function createSocketTransport(socketPath: string): Transport {
  throw new Error(socketPath)
}
