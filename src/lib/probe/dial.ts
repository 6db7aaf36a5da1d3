import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { Aim } from './aim.ts'
import type { Trust } from '../system/trust.ts'

/** Opens one more connection to the address that the test settled on. Rejects with node's error, or the signal's reason. */
export type Dial = (signal: AbortSignal) => Promise<Duplex>

/** A connection to an address, which must be an IP literal: nothing is looked up here. Rejects with node's error, or the signal's reason. */
export async function openTcp(address: string, port: number, signal: AbortSignal): Promise<Socket> {
  return await opened(connect({ host: address, port, autoSelectFamily: false, noDelay: true }), 'connect', signal)
}

/**
 * TLS over a connection. Strict, it rejects where a browser would; otherwise it takes every certificate, so that it can be looked at, and then
 * nothing secret may be sent before that. The connection ends with it, also where it does not come about. Rejects with node's error, with what the
 * connection was destroyed with, or the signal's reason.
 */
export async function openTls(
  socket: Duplex,
  aim: Aim,
  { trust, strict }: { trust: Trust; strict: boolean },
  signal: AbortSignal,
): Promise<TLSSocket> {
  const tls = connectTls({
    socket,
    host: aim.name,
    // An IP literal may not stand in SNI (RFC 6066, 3).
    servername: aim.literal ? '' : aim.name,
    secureContext: trust(),
    rejectUnauthorized: strict,
    ALPNProtocols: ['http/1.1'],
  })
  return await opened(tls, 'secureConnect', signal)
}

/** A dial that always goes the same way, and over https only to who has a good certificate. */
export function dialBy(aim: Aim, open: Dial, trust: Trust): Dial {
  return async (signal) => {
    const socket = await open(signal)
    return aim.scheme === 'http' ? socket : await openTls(socket, aim, { trust, strict: true }, signal)
  }
}

async function opened<S extends Socket>(socket: S, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<S> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const onAbort = (): void => reject(signal.reason)
  const onClose = (): void => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' }))
  // Stays on: an error after this belongs to whoever reads then, and the close that follows tells it.
  socket.on('error', reject)
  socket.once(event, resolve).once('close', onClose)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    await promise
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    socket.off(event, resolve).off('close', onClose)
    signal.removeEventListener('abort', onAbort)
  }
}
